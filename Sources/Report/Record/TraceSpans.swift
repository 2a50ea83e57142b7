package import Basics

/// A record's timeline as spans of OpenTelemetry: the JSON of OTLP/HTTP (opentelemetry-proto, trace/v1), one trace a step.
package enum TraceSpans {
    /// Of transfers those that tell most.
    private static let transfers = 200

    /// - Parameter traceparent: whose child the step is (W3C Trace Context, checked); without one the step is a trace of its own.
    package static func document(_ record: StepRecord, traceparent: String? = nil) -> JSONValue {
        let parts = (traceparent ?? "").split(separator: "-").map(String.init)
        let seed = [record.step.uid, record.step.epoch, record.start?.description].compactMap { $0 }.joined(
            separator: "/")
        let trace = parts.count == 4 ? parts[1] : identifier("\(seed)/trace") + identifier("\(seed)/second half")
        let root = identifier("\(seed)/root")
        let now = record.span.upperBound
        var count = 0
        func span(
            _ name: String, _ start: UnixTime?, _ end: UnixTime?, isBad: Bool, _ attributes: [JSONValue] = [],
            parent: String?
        ) -> JSONValue? {
            guard let start else { return nil }
            count += 1
            let last = max(start.milliseconds, end?.milliseconds ?? now)
            return .object(present: [
                "traceId": .string(trace), "spanId": .string(count == 1 ? root : identifier("\(seed)/\(count)")),
                "parentSpanId": parent.map { .string($0) }, "name": .string(name), "kind": 1,
                "startTimeUnixNano": .string("\(start.milliseconds)000000"),
                "endTimeUnixNano": .string("\(last)000000"),
                "attributes": attributes.isEmpty ? nil : .array(attributes), "status": ["code": isBad ? 2 : 1],
            ])
        }
        let outcome = record.outcome
        let whole = [
            text("kpipe.state", outcome?.state), text("kpipe.reason", outcome?.reason),
            number("kpipe.exit_code", outcome?.exitCode), number("kpipe.tries", outcome?.attempts),
        ].compactMap { $0 }
        var spans = [
            span(
                "step", UnixTime(milliseconds: record.span.lowerBound), UnixTime(milliseconds: now),
                isBad: outcome.map { $0.state != "DONE" } == true, whole, parent: parts.count == 4 ? parts[2] : nil)
        ]
        spans += record.phases.map { span($0.words, $0.start, $0.end, isBad: false, parent: root) }
        spans += record.attempts.map { attempt in
            let isBad = attempt.end != nil && attempt.exitCode != 0
            let about = [number("kpipe.exit_code", attempt.exitCode), number("kpipe.signal", attempt.signal)].compactMap
            { $0 }
            return span(
                "main, try \(attempt.number ?? 1)", attempt.start, attempt.end, isBad: isBad, about, parent: root)
        }
        spans += record.files.mostTelling(transfers).map { file in
            let about = [
                text("url.full", file.url), number("kpipe.bytes", file.bytes), number("kpipe.retries", file.retries),
                number("kpipe.waited_ms", file.waited),
            ].compactMap { $0 }
            let name = "\(file.direction.rawValue) \(file.name)"
            return span(name, file.start, file.end, isBad: file.result == .failed, about, parent: root)
        }
        return [
            "resourceSpans": [
                [
                    "resource": ["attributes": .array(resource(record))],
                    "scopeSpans": [
                        [
                            "scope": ["name": "kpipe-sidecar", "version": .string(Version.current)],
                            "spans": .array(spans.compactMap { $0 }),
                        ]
                    ],
                ]
            ]
        ]
    }

    private static func resource(_ record: StepRecord) -> [JSONValue] {
        [
            text("service.name", "kpipe-sidecar"), text("service.version", Version.current),
            text("k8s.namespace.name", record.step.namespace), text("k8s.pod.name", record.step.pod),
            text("k8s.pod.uid", record.step.uid), text("k8s.job.name", record.step.job),
            text("k8s.node.name", record.step.node),
        ].compactMap { $0 }
    }

    private static func text(_ key: String, _ value: String?) -> JSONValue? {
        value.map { ["key": .string(key), "value": ["stringValue": .string($0)]] }
    }

    /// 64 bits are a text in JSON's protobuf.
    private static func number(_ key: String, _ value: Int64?) -> JSONValue? {
        value.map { ["key": .string(key), "value": ["intValue": .string("\($0)")]] }
    }

    /// Eight bytes that a text leads to (FNV-1a): the same step has the same spans, however often they are sent.
    private static func identifier(_ text: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Hex.encode((0..<8).map { UInt8(truncatingIfNeeded: hash >> (56 - 8 * UInt64($0))) })
    }
}
