import Synchronization
import TestSupport
import Testing

@testable import Transfer

struct StaleUploadsTests {
    private let memory = MemoryStore()
    private let engine: TransferEngine

    init() {
        engine = TransferEngine(
            stores: MemoryResolver(store: memory), configuration: TransferConfiguration(retry: quickRetries))
        memory.state.withLock {
            for (id, time) in [
                "run/a#1": "2026-01-01T00:00:00.000Z", "run/a#2": "2026-03-01T00:00:00.000Z",
                "run/b#1": "2026-01-02T00:00:00Z", "other#1": "2026-01-01T00:00:00.000Z", "run/c#1": "soon",
            ] {
                $0.uploads[id] = [1: [1]]
                $0.initiated[id] = time
            }
        }
    }

    /// 1 February 2026.
    private static let moment: Int64 = 1_769_904_000

    @Test(arguments: [
        ("mem://bucket/run/", ["run/a#1", "run/b#1"]), ("mem://bucket/run/a", ["run/a#1"]), ("mem://bucket/run", []),
        ("mem://bucket/**", ["other#1", "run/a#1", "run/b#1"]), ("mem://bucket/run/[b-z]", ["run/b#1"]),
    ])
    func `what was begun long ago is found, by object, prefix and pattern`(url: String, ids: [String]) async throws {
        let found = try await engine.staleUploads(url, before: Self.moment)
        #expect(found.map(\.upload.id).sorted() == ids)
    }

    @Test func `one that does not say since when is told, and all that are named are aborted`() async throws {
        let told = Collected<String>()
        let found = try await engine.staleUploads("mem://bucket/run/", before: .max) {
            if case .told(let url, _) = $0 { told.add(url) }
        }
        #expect(told.all == ["mem://bucket/run/c"] && found.count == 3)
        let gone = Collected<String>()
        let report = await engine.abort(found) { gone.add($0.url) }
        #expect(report.failures == [] && gone.all.count == 3)
        #expect(memory.state.withLock { Set($0.aborted) } == ["run/a#1", "run/a#2", "run/b#1"])
        #expect(memory.state.withLock { Set($0.uploads.keys) } == ["other#1", "run/c#1"])
    }

    @Test(arguments: ["az://account/container/x", "file:///tmp/", "http://127.0.0.1:1/x"])
    func `a store that keeps none says so`(url: String) async {
        let engine = TransferEngine(stores: StoreRegistry(StoreConfiguration(environment: [:])))
        let error = await failure { () throws(TransferError) in _ = try await engine.staleUploads(url, before: 0) }
        #expect(error?.reason == .configuration)
    }
}
