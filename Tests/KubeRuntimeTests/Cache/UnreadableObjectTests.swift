import KubeModel
import KubeTestSupport
import Logging
import Telemetry
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// One object that cannot be read is skipped, named and counted. The others are followed as if it were not there.
@Suite struct UnreadableObjectTests {
    /// A server of one answer.
    private struct OneStream: KubeAPI {
        let stream = ScriptedStream()
        /// The first answer is refused, so that pages are asked for.
        var refusesStreams = false

        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            throw FunctionAPI.refusal(501, of: request)
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            if refusesStreams, request.isWatch { throw FunctionAPI.refusal(422, of: request) }
            return stream.stream()
        }
    }

    /// - Parameter restarts: of its container; a text cannot be read.
    private static func pod(_ name: String, version: Int, restarts: String = "0") -> String {
        #"{"metadata":{"namespace":"n","name":"\#(name)","uid":"\#(name)","resourceVersion":"\#(version)"},"#
            + #""status":{"containerStatuses":[{"name":"main","restartCount":\#(restarts)}]}}"#
    }

    private static func event(_ type: String, _ object: String) -> String {
        #"{"type":"\#(type)","object":\#(object)}"# + "\n"
    }

    private static let synced = event(
        "BOOKMARK",
        #"{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}"#)

    private final class Lines: LogOutput {
        let text = Shared("")

        func write(_ line: [UInt8]) { text.change { $0 += String(decoding: line, as: UTF8.self) } }
    }

    private struct Run {
        let changes = Shared<[String]>([])
        let log = Lines()
        let registry = MetricRegistry()
        let informer: Informer<String>

        init(_ api: OneStream) {
            let options = InformerOptions(
                metrics: InformerMetrics(registry),
                logger: Logger(label: "test") { [log] label in
                    LineLogHandler(label: label, level: .info, format: .text, output: log)
                })
            let decoder = RecordDecoder(Pod.self) { pod in
                "\(pod.metadata.name) \(pod.status.containerStatuses.first?.restartCount ?? -1)"
            }
            informer = Informer(api, WatchScope(.pods), decoder, options: options) { [changes] new in
                changes.change { changes in
                    for change in new {
                        switch change {
                        case .added(_, let record): changes.append("+\(record)")
                        case .updated(_, _, let record): changes.append("=\(record)")
                        case .removed(_, let record): changes.append("-\(record)")
                        case .synced: changes.append("synced")
                        }
                    }
                }
            }
        }

        func expect(_ expected: [String]) async throws {
            try await eventually("\(expected)") { changes.value.count >= expected.count }
            #expect(changes.value == expected)
        }

        func synced(_ value: Int) -> Bool {
            String(decoding: registry.exposition(), as: UTF8.self)
                .contains(#"kpipe_informer_synced{resource="pods"} \#(value)"#)
        }

        func expectSkipped(_ count: Int) {
            let text = String(decoding: registry.exposition(), as: UTF8.self)
            #expect(text.contains(#"kpipe_informer_unreadable_objects_total{resource="pods"} \#(count)"#), "\(text)")
            #expect(!text.contains(#"kpipe_informer_relists_total{"#), "\(text)")
            #expect(log.text.value.split(separator: "\n").count { $0.contains("skipping unreadable object") } == count)
        }
    }

    @Test func `Of a list, and of a watch behind it`() async throws {
        let api = OneStream()
        let run = Run(api)
        let following = Task { await run.informer.run() }
        // An alert asks for the 0: without it nobody would hear of pods that are never seen.
        try await eventually("the cache's not being synced") { run.synced(0) }
        api.stream.write(Self.event("ADDED", Self.pod("a", version: 1)))
        api.stream.write(Self.event("ADDED", Self.pod("b", version: 2, restarts: #""many""#)))
        api.stream.write(Self.event("ADDED", Self.pod("c", version: 3, restarts: "2147483648")) + Self.synced)
        try await run.expect(["+a 0", "+c 2147483647", "synced"])
        run.expectSkipped(1)
        try await eventually("the cache's being synced") { run.synced(1) }
        #expect(run.log.text.value.contains("object=n/b"))

        api.stream.write(Self.event("MODIFIED", Self.pod("a", version: 10, restarts: "1.5")))
        api.stream.write(Self.event("MODIFIED", Self.pod("b", version: 11, restarts: "1")))
        api.stream.write(Self.event("DELETED", Self.pod("a", version: 12, restarts: "1.5")))
        api.stream.write(Self.event("MODIFIED", Self.pod("c", version: 13, restarts: "3")))
        try await run.expect(["+a 0", "+c 2147483647", "synced", "-a 0", "+b 1", "=c 3"])
        run.expectSkipped(2)
        #expect(run.informer.trouble == nil)
        following.cancel()
        await following.value
    }

    @Test func `Of a list in pages`() async throws {
        var api = OneStream()
        api.refusesStreams = true
        let run = Run(api)
        let following = Task { await run.informer.run() }
        let items = [
            Self.pod("a", version: 1), Self.pod("b", version: 2, restarts: "true"),
            #"{"metadata":{"name":"c","labels":{"x":1}}}"#, Self.pod("d", version: 4, restarts: "4"),
        ]
        api.stream.write(#"{"metadata":{"resourceVersion":"9"},"items":[\#(items.joined(separator: ","))]}"#)
        api.stream.end()
        try await run.expect(["+a 0", "+d 4", "synced"])
        run.expectSkipped(2)
        #expect(run.log.text.value.contains("object=unknown"))
        following.cancel()
        await following.value
    }
}
