import KubeModel
import KubeTestSupport
import Logging
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

/// A watch that ends within an event: a proxy before the server takes the loss of its connection for the answer's end.
@Suite struct BrokenWatchTests {
    private struct TwoStreams: KubeAPI {
        let streams = [ScriptedStream(), ScriptedStream()]
        let asked = Shared<[APIRequest]>([])

        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            throw FunctionAPI.refusal(501, of: request)
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            let count = asked.change { asked in
                asked.append(request)
                return asked.count
            }
            return streams[min(count, streams.count) - 1].stream()
        }
    }

    @Test func `It goes on from the last whole event, and nothing is listed again`() async throws {
        let api = TwoStreams()
        let informer = Informer(
            api, WatchScope(.pods), RecordDecoder(PartialObject.self) { $0.metadata.name },
            options: InformerOptions(logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        ) { _ in }
        let following = Task { await informer.run() }
        api.streams[0].write(
            #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"9","annotations":{"k8s.io/initial-events-end":"true"}}}}"#
                + "\n" + #"{"type":"ADDED","object":{"metadata":{"na"#)
        api.streams[0].end()
        try await eventually("a second request") { api.asked.value.count == 2 }
        #expect(api.asked.value[1].query.contains { $0.name == "resourceVersion" && $0.value == "9" })
        following.cancel()
        await following.value
    }
}
