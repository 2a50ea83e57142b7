import Basics

/// One report to the backends. Equal `id`s are the same report, however often it arrives.
package struct StateReport: Sendable, Equatable, Codable {
    var state: String
    var previous: String
    var terminal: Bool
    var reason: String?
    var message: String?
    var exitCode: Int32?
    /// `main` or `agent`; absent where nothing went wrong.
    var container: String?
    /// Names this life of the volume; another pod, or an emptied volume, has another one.
    var epoch: String
    /// From 1 within the epoch, without gaps, across restarts of the agent.
    var sequence: Int64
    var time: UnixTime
    /// With the terminal one: what the step came to.
    var summary: StepSummary?
    /// The trace that main belongs to, as far as main has told.
    var traceparent: String?

    init(
        _ change: StateChange, epoch: String, sequence: Int64, time: UnixTime, summary: StepSummary? = nil,
        traceparent: String? = nil
    ) {
        state = change.state
        previous = change.previous
        terminal = change.terminal
        reason = change.cause?.reason
        message = change.cause?.message
        exitCode = change.cause?.exitCode
        container = change.cause?.container.rawValue
        self.epoch = epoch
        self.sequence = sequence
        self.time = time
        self.summary = change.terminal ? summary : nil
        self.traceparent = traceparent
    }
}

/// What a step came to, in a few numbers.
package struct StepSummary: Sendable, Equatable, Codable {
    /// Files stored, and their bytes.
    var outputs: Int64
    var outputBytes: Int64
    /// Of main, as far as it was sampled: bytes of memory, seconds of CPU.
    var memoryPeak: Int64?
    var cpuSeconds: Double?

    var json: JSONValue {
        .object(present: [
            "outputs": .integer(outputs), "outputBytes": .integer(outputBytes),
            "memoryPeak": memoryPeak.map { .integer($0) }, "cpuSeconds": cpuSeconds.map { .number($0) },
        ])
    }
}

/// Takes reports in order. Never blocks and never fails: delivery, retries and bounds are the sink's own affair.
package protocol ReportSink: Sendable {
    func report(_ report: StateReport)

    /// Delivers until cancelled.
    func run() async

    /// Returns when all reports taken so far are delivered or given up; cancel it to stop waiting.
    func flush() async
}

/// What outlives a killed agent of the reports. Calls are quick, safe from any thread and survive SIGKILL once returned.
protocol ReportLog: Sendable {
    /// Reports this destination has not acknowledged, oldest first; custom values may be missing beyond a bound, a
    /// terminal report never is.
    func unacknowledged(by destination: String) -> [StateReport]

    /// The destination has everything up to and including `sequence`.
    func acknowledge(through sequence: Int64, by destination: String)
}

/// A state report as a CloudEvent 1.0 (https://github.com/cloudevents/spec).
struct CloudEvent: Sendable {
    private static let type = "cloud.k-pipe.sidecar.state.v1"
    static let structuredContentType = "application/cloudevents+json"
    static let dataContentType = "application/json"

    let report: StateReport
    let pod: PodIdentity

    /// The idempotency key: `<pod uid>/<epoch>/<sequence>`.
    private var id: String { "\(pod.uid ?? "unknown")/\(report.epoch)/\(report.sequence)" }

    private var source: String { "/namespaces/\(pod.namespace ?? "default")/pods/\(pod.name ?? "unknown")" }

    /// The agent's own environment comes before what main says.
    private var traceparent: String? { pod.traceparent ?? report.traceparent }

    /// Every field, `null` where nothing is known, so that readers need not ask which are there; `summary` with the
    /// terminal report alone.
    var data: JSONValue {
        .object(present: [
            "state": .string(report.state), "previous": .string(report.previous), "terminal": .bool(report.terminal),
            "reason": report.reason.map { .string($0) } ?? .null,
            "message": report.message.map { .string($0) } ?? .null,
            "exitCode": report.exitCode.map { .integer(Int64($0)) } ?? .null,
            "container": report.container.map { .string($0) } ?? .null, "epoch": .string(report.epoch),
            "sequence": .integer(report.sequence), "time": .string(report.time.description),
            "summary": report.summary?.json,
        ])
    }

    /// Attributes and data in one JSON object.
    var structured: JSONValue {
        .object(present: [
            "specversion": "1.0", "id": .string(id), "source": .string(source), "type": .string(Self.type),
            "time": .string(report.time.description), "datacontenttype": .string(Self.dataContentType),
            "traceparent": traceparent.map { .string($0) }, "data": data,
        ])
    }

    /// Attributes as header fields, for the binary mode.
    var attributes: [(name: String, value: String)] {
        [
            ("ce-specversion", "1.0"), ("ce-id", Self.encoded(id)), ("ce-source", Self.encoded(source)),
            ("ce-type", Self.type), ("ce-time", report.time.description),
        ] + (traceparent.map { [("ce-traceparent", $0)] } ?? [])
    }

    /// HTTP protocol binding §3.1.3.2: space, quotes, percent and what is not printable ASCII as `%XX`.
    private static func encoded(_ value: String) -> String {
        var encoded = ""
        for byte in value.utf8 {
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "%"), byte != UInt8(ascii: "\"") {
                encoded.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                encoded += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
