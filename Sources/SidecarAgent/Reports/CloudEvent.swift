import Basics

/// A state report as a CloudEvent 1.0 (https://github.com/cloudevents/spec).
struct CloudEvent: Sendable {
    static let type = "cloud.k-pipe.sidecar.state.v1"
    static let structuredContentType = "application/cloudevents+json"
    static let dataContentType = "application/json"

    let report: StateReport
    let pod: PodIdentity

    /// The idempotency key: `<pod uid>/<epoch>/<sequence>`.
    var id: String { "\(pod.uid ?? "unknown")/\(report.epoch)/\(report.sequence)" }

    var source: String { "/namespaces/\(pod.namespace ?? "default")/pods/\(pod.name ?? "unknown")" }

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
