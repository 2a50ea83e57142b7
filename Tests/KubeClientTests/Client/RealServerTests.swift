import Foundation
import HTTPTransport
import KubeModel
import Testing
import YAMLTree

@testable import KubeClient

/// A cluster at hand that may be asked: the file that `KPIPE_TEST_KUBECONFIG` names.
private let realKubeconfig = ProcessInfo.processInfo.environment["KPIPE_TEST_KUBECONFIG"]

@Suite(.enabled(if: realKubeconfig != nil, "KPIPE_TEST_KUBECONFIG names no kubeconfig"))
struct RealServerTests {
    private let client: KubeClient

    init() throws {
        let access = try ClusterAccess.load(.init(kubeconfig: realKubeconfig), environment: [:])
        client = KubeClient(access)
    }

    @Test func asksForItsVersion() async throws {
        let answer = try await client.send(APIRequest("GET", "/version"))
        #expect(try YAMLNode(parsing: answer.body)["gitVersion"]?.text?.hasPrefix("v1.") == true)
        await client.shutdown()
    }

    @Test(arguments: [APIRequest.Encoding.json, .protobuf])
    func learnsWhatIsMissing(encoding: APIRequest.Encoding) async throws {
        let request = APIRequest("GET", "/api/v1/namespaces/default/pods/no-such-pod", accept: encoding)
        let error = await #expect(throws: KubeError.self) { try await client.send(request) }
        #expect(error?.status?.reason == "NotFound")
        #expect(error?.status?.message == #"pods "no-such-pod" not found"#)
    }

    @Test func streamsAWatch() async throws {
        let stream = try await client.open(
            APIRequest(
                "GET", "/api/v1/namespaces",
                query: [
                    ("watch", "true"), ("sendInitialEvents", "true"), ("allowWatchBookmarks", "true"),
                    ("resourceVersionMatch", "NotOlderThan"), ("timeoutSeconds", "1"),
                ]))
        var bytes: [UInt8] = []
        for try await chunk in stream { bytes += chunk }
        #expect(String(decoding: bytes, as: UTF8.self).contains(#""name":"kube-system""#))
    }
}
