import Basics
import HTTPTransport
import Logging
import Report
import WorkdirProtocol

/// Sends the step's timeline to an OpenTelemetry collector, once, when the step has ended. Nothing is sent where the
/// environment names none.
package struct TraceExporter: Sendable {
    private let url: String
    private let headers: [(name: String, value: String)]
    private let traceparent: String?

    /// Of one attempt: a step's end does not wait for its trace.
    private static let timeout = Duration.seconds(5)

    /// Reads `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`, or `OTEL_EXPORTER_OTLP_ENDPOINT` and `v1/traces` below it, and
    /// `OTEL_EXPORTER_OTLP_HEADERS` (`name=value`, separated by commas), as OpenTelemetry's SDKs do.
    package init?(environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment["OTEL_EXPORTER_OTLP_\(name)"].flatMap { $0.isEmpty ? nil : $0 }
        }
        if let whole = value("TRACES_ENDPOINT") {
            url = whole
        } else if let base = value("ENDPOINT") {
            url = base.hasSuffix("/") ? base + "v1/traces" : base + "/v1/traces"
        } else {
            return nil
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else { return nil }
        headers = (value("HEADERS") ?? "").split(separator: ",").compactMap { field in
            let parts = field.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let text = PercentEncoding.decode(parts[1]) else { return nil }
            return (parts[0].filter { $0 != " " }, text)
        }
        traceparent = TraceParent.checked(environment[TraceParent.variable])
    }

    /// - Parameter traceparent: what main says its trace is; the agent's own environment comes before it.
    func send(_ record: StepRecord, traceparent main: String?, _ logger: Logger) async {
        var request = HTTPRequest(
            "POST", url,
            timeouts: HTTPTimeouts(
                connect: Self.timeout, firstByte: Self.timeout, stall: Self.timeout, total: Self.timeout))
        request.headers["Content-Type"] = "application/json"
        for (name, value) in headers { request.headers[name] = value }
        request.body = .bytes(Array(TraceSpans.document(record, traceparent: traceparent ?? main).text.utf8))
        let client = HTTPClient(HTTPClientConfiguration(maximumConnections: 1, maximumConnectionsPerHost: 1))
        do {
            let answer = try await client.execute(request, upTo: 64 << 10)
            guard !(200..<300).contains(answer.head.status) else { return }
            logger.warning(
                "trace refused", metadata: ["status": "\(answer.head.status)", "to": "\(Redaction.redactURL(url))"])
        } catch {
            logger.warning("trace not sent", metadata: ["error": "\(error)"])
        }
    }
}
