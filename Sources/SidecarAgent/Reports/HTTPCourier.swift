import Basics
import HTTPTransport

/// Posts reports as CloudEvents.
struct HTTPCourier: ReportCourier {
    let destination: String
    private let target: StateTargetConfiguration
    private let url: String
    private let pod: PodIdentity
    private let client: HTTPClient

    /// No answer of a backend is worth more.
    private static let answerLimit = 64 << 10

    init(_ target: StateTargetConfiguration, url: String, pod: PodIdentity) {
        self.target = target
        self.url = url
        self.pod = pod
        destination = Redaction.redactURL(url)
        var configuration = HTTPClientConfiguration(maximumConnections: 1, maximumConnectionsPerHost: 1)
        if let file = target.caFile { configuration.tls.trust = .file(file) }
        client = HTTPClient(configuration)
    }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        let event = CloudEvent(report: report, pod: pod)
        var request = HTTPRequest("POST", url, timeouts: timeouts)
        switch target.mode {
        case .structured:
            request.headers["Content-Type"] = CloudEvent.structuredContentType
            request.body = .bytes(Array(event.structured.text.utf8))
        case .binary:
            request.headers["Content-Type"] = CloudEvent.dataContentType
            for attribute in event.attributes { request.headers[attribute.name] = attribute.value }
            request.body = .bytes(Array(event.data.text.utf8))
        }
        for (name, value) in target.headers.sorted(by: { $0.key < $1.key }) { request.headers[name] = value }
        if let file = target.tokenFile {
            do {
                request.headers["Authorization"] = "Bearer \(try SmallFile.text(file, limit: 64 << 10, pipes: true))"
            } catch {
                // It may be mounted a little later, or be replaced at this moment.
                return .failed("\(error)", retryAfter: nil)
            }
        }
        do {
            let answer = try await client.execute(request, upTo: Self.answerLimit)
            return DeliveryOutcome(
                status: answer.head.status, retryAfter: answer.head.headers["Retry-After"],
                now: HostFacts.now().milliseconds / 1000)
        } catch {
            return DeliveryOutcome(error)
        }
    }

    private var timeouts: HTTPTimeouts {
        HTTPTimeouts(
            connect: target.timeout, firstByte: target.timeout, stall: target.timeout, total: target.timeout)
    }
}
