import Basics
import FakeKube
import HTTPTransport
import TestSupport
import Testing
import YAMLTree

/// Each fault does what it says, once, and the next request is served.
@Suite struct FaultTests {
    private static let list = "/api/v1/pods"
    private static let watch = "/api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=0&timeoutSeconds=1"

    @Test(arguments: [
        (Fault.tooManyRequests(retryAfter: 7), 429, "TooManyRequests"), (.gone, 410, "Expired"),
        (.internalError, 500, "InternalError"), (.unavailable, 503, "ServiceUnavailable"),
    ])
    func aStatus(fault: Fault, code: Int, reason: String) async throws {
        let server = try await FakeAPIServer.start()
        server.inject(fault, for: .init("GET", "/api/v1/pods"))
        let api = Exchange(server)
        #expect(try await api.send("GET", "/api/v1/nodes").status == 200)
        let (status, body) = try await api.send("GET", Self.list)
        #expect(status == code)
        #expect(body["reason"]?.string == reason)
        #expect(try await api.send("GET", Self.list).status == 200)
        #expect(server.faultCount == 1)
        #expect(server.requests.map(\.target) == ["/api/v1/nodes", Self.list, Self.list])
    }

    @Test(arguments: [Fault.drop, .cut(afterBytes: 10)])
    func anEnd(fault: Fault) async throws {
        let server = try await FakeAPIServer.start()
        server.inject(fault)
        let api = Exchange(server)
        await #expect(throws: TransportError.self) {
            try await api.send("POST", "/api/v1/namespaces", ["kind": "Namespace"])
        }
        #expect(try await api.send("GET", Self.list).status == 200)
    }

    @Test func wrongWords() async throws {
        let server = try await FakeAPIServer.start()
        server.inject(.garbage)
        server.inject(.brokenJSON)
        server.inject(.delay(.milliseconds(1)))
        let api = Exchange(server)
        #expect(try await api.send("GET", Self.list).body.string == "<html>welcome</html>")
        #expect(String(decoding: try await api.bytes(Self.list), as: UTF8.self) == "{\"kind\":")
        #expect(try await api.send("GET", Self.list).body["kind"] == "PodList")
    }

    /// With three pods there.
    @Test(arguments: [
        (EventFault.end(after: 2), ["ADDED", "ADDED"]),
        (.error(StatusError(410, "Expired", "too old"), after: 1), ["ADDED", "ERROR"]),
        (.twice, ["ADDED", "ADDED", "ADDED", "ADDED", "ADDED", "ADDED"]),
    ])
    func events(fault: EventFault, kinds: [String]) async throws {
        let server = try await Self.threePods()
        server.inject(.events(fault), for: .watches)
        let events = try await Exchange(server).events(Self.watch, 100)
        #expect(events.map { $0["type"]?.string } == kinds)
    }

    @Test func eventsOutOfOrderAndCut() async throws {
        let server = try await Self.threePods()
        server.inject(.events(.outOfOrder), for: .watches)
        let api = Exchange(server)
        let names = try await api.events(Self.watch, 3).map { $0.text(at: "object.metadata.name") }
        #expect(names == ["b", "a", "c"])
        server.inject(.events(.half(after: 2)), for: .watches)
        await #expect(throws: TransportError.self) { try await api.events(Self.watch, 3) }
    }

    /// What ends the initial events comes after all of them, as from every server.
    @Test func initialEventsOutOfOrder() async throws {
        let server = try await Self.threePods()
        server.inject(.events(.outOfOrder), for: .watches)
        let watch = Self.watch + "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        let events = try await Exchange(server).events(watch, 4)
        #expect(events.map { $0["type"]?.string } == ["ADDED", "ADDED", "ADDED", "BOOKMARK"])
        #expect(events.prefix(3).map { $0.text(at: "object.metadata.name") } == ["b", "a", "c"])
    }

    @Test func bookmarks() async throws {
        let server = try await Self.threePods()
        let api = Exchange(server)
        let version = server.update { $0.store.version }
        server.inject(.events(.bookmarkWithoutVersion), for: .watches)
        for expected in [nil, String(version)] {
            let events = try await api.events(Self.watch, 4) {
                try await eventually("the watch") { server.openWatches == 1 }
                server.sendBookmarks()
            }
            #expect(events.last?["type"] == "BOOKMARK")
            #expect(events.last?.text(at: "object.metadata.resourceVersion") == expected)
            try await eventually("the end") { server.openWatches == 0 }
        }
    }

    @Test func aServerStopsAndComesBack() async throws {
        let server = try await Self.threePods()
        let api = Exchange(server)
        await #expect(throws: TransportError.self) {
            _ = try await api.events("/api/v1/pods?watch=1", 100) {
                try await eventually("the watch") { server.openWatches == 1 }
                await server.stop()
            }
        }
        await #expect(throws: TransportError.self) { try await api.send("GET", Self.list) }
        try await server.listen()
        #expect(try await api.send("GET", Self.list).body["items"]?.array?.count == 3)
    }

    private static func threePods() async throws -> FakeAPIServer {
        let server = try await FakeAPIServer.start()
        try server.update { api throws(StatusError) in
            for name in ["a", "b", "c"] { try api.create(WatchTests.pod(name)) }
        }
        return server
    }
}
