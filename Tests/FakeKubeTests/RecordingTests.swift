import Basics
import FakeKube
import HTTPTransport
import Testing
import YAMLTree

/// The fake server beside what a real one said.
@Suite struct RecordingTests {
    static let initial = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"

    /// Each watch, fed with all that happened, sends what the real one sent: types, order, membership, objects.
    @Test(arguments: [
        ("/api/v1/namespaces/rec/pods", "pods.watch.jsonl", "pods.watch.jsonl", ""),
        ("/apis/batch/v1/namespaces/rec/jobs", "jobs.watch.jsonl", "jobs.watch.jsonl", ""),
        (
            "/api/v1/pods", "pods.watch.jsonl", "pods.running.watch.jsonl",
            "&fieldSelector=status.phase%3DRunning,spec.restartPolicy!%3DAlways"
        ),
    ])
    func aWatchSendsWhatWasRecorded(path: String, history: String, recording: String, selector: String) throws {
        var api = FakeAPI()
        api.store.advance(to: 244)
        let request = KubeRequest("GET", "\(path)?\(Self.initial)\(selector)")
        guard case .watch(var watch) = api.handle(request, now: .now) else {
            Issue.record("no watch")
            return
        }
        var sent = watch.poll(api.store)
        for event in try Recordings.events(history).dropFirst() {
            api.replay(event)
            sent += watch.poll(api.store)
        }
        let expected = try Recordings.events(recording).enumerated().filter { $0 == 0 || $1.kind != .bookmark }.map(\.1)
        #expect(sent.map(Summary.init) == expected.map(Summary.init))
        for (mine, theirs) in zip(sent, expected) { #expect(mine.object.isEquivalent(to: theirs.object)) }
    }

    struct Summary: Equatable {
        var kind: WatchEvent.Kind
        var name: String
        var version: String
        var phase: String

        init(_ event: WatchEvent) {
            kind = event.kind
            name = event.object.text(at: "metadata.name") ?? ""
            version = event.object.text(at: "metadata.resourceVersion") ?? ""
            phase = event.object.text(at: "status.phase") ?? ""
        }
    }

    @Test func protobufIsReadAsTheSameObjects() throws {
        let decoder = ProtobufDecoder()
        let events = try decoder.decodeEvents(Recordings.bytes("pods.watch.pb"))
        let expected = try Recordings.events("pods.watch.jsonl")
        #expect(events.map(Summary.init) == expected.map(Summary.init))
        for (mine, theirs) in zip(events, expected) {
            #expect(mine.object.withoutDefaults.isEquivalent(to: theirs.object.withoutDefaults))
        }
        let list = try decoder.decode(Recordings.bytes("pods.list.pb"))
        let json = try JSONValue(parsing: Recordings.bytes("pods.list.json"))
        #expect(list.withoutDefaults.isEquivalent(to: json.withoutDefaults))
    }

    @Test func protobufIsWrittenSoThatNothingIsLost() async throws {
        let server = try await FakeAPIServer.start()
        try server.update { try $0.load(recording: "pods.list.json") }
        let bytes = try await Exchange(server).bytes(
            "/api/v1/pods", headers: ["Accept": "application/vnd.kubernetes.protobuf"])
        let json = try JSONValue(parsing: Recordings.bytes("pods.list.json"))
        #expect(try ProtobufDecoder().decode(bytes).withoutDefaults.isEquivalent(to: json.withoutDefaults))
    }
}

extension JSONValue {
    /// Protobuf sends empty values where JSON leaves members out.
    fileprivate var withoutDefaults: JSONValue {
        switch self {
        case .array(let elements): return .array(elements.map(\.withoutDefaults))
        case .object(let members):
            return .object(
                members.compactMap { member in
                    let value = member.value.withoutDefaults
                    return [.null, .string(""), .integer(0), .bool(false), .object([]), .array([])].contains(value)
                        ? nil : Member(member.name, value)
                })
        default: return self
        }
    }
}
