import KubeModel
import Testing

/// Both encodings of what a real API server said are read as the same.
@Suite struct RecordingTests {
    @Test(arguments: [1, 7, 4_096, 1 << 20])
    func `A list in protobuf says what it says in JSON`(size: Int) throws {
        let protobuf = try Recording("pods.list.pb").pods(inPiecesOf: size)
        let json = try Recording("pods.list.json").pods(inPiecesOf: size)
        #expect(!protobuf.pods.isEmpty)
        #expect(protobuf.list.resourceVersion == "649")
        #expect(protobuf.list == json.list)
        #expect(protobuf.pods.count == json.pods.count)
        for (one, other) in zip(protobuf.pods, json.pods) { #expect(one == other) }
    }

    @Test(arguments: [3, 4_096, 1 << 20])
    func `A watch in protobuf says what it says in JSON`(size: Int) throws {
        let protobuf = try Recording("pods.watch.pb").events(inPiecesOf: size)
        let json = try Recording("pods.watch.jsonl").events(inPiecesOf: size)
        var pods: [String: Pod] = [:]
        for case (.change(let change, let head, _), let pod?) in json {
            pods["\(change) \(head.resourceVersion)"] = pod
        }
        var compared = 0
        for case (.change(let change, let head, _), let pod?) in protobuf {
            #expect(head.resourceVersion == pod.metadata.resourceVersion)
            #expect(head.uid == ObjectUID(pod.metadata.uid))
            guard let same = pods["\(change) \(head.resourceVersion)"] else { continue }
            #expect(pod == same)
            compared += 1
        }
        #expect(compared > 100)
        #expect(protobuf.count >= compared)
    }

    @Test func `The end of the initial events is known in either encoding`() throws {
        let protobuf = try Recording("pods.watch.pb").events().first
        guard case .bookmark(let head) = try #require(protobuf).frame else {
            Issue.record("the first event is no bookmark")
            return
        }
        #expect(head.endsInitialEvents)
        #expect(head.resourceVersion == "244")
    }
}
