import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// What an object's bytes are held against: the store's checksum, and the digest that was given.
@Suite struct DamageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("damage") }

    @Test func `a wrong digest leaves no file`() async throws {
        let request = InputRequest(
            from: "mem://bucket/a", to: "a", sha256: [UInt8](repeating: 0, count: 32))
        let store = MemoryStore(["a": seededBytes(300_000)])
        let report = await engine(store).fetch([request], into: folder.path)
        #expect(report.exitCode == .data)
        #expect(report.totals.retries == 1, "it was not read once more, to see whether it comes otherwise")
        #expect(report.failures.first?.description.contains("mem://bucket/a") == true)
        #expect(try folder.list() == [])
    }

    /// In one request and in several, to a file and to another store, by the store's checksum and by a digest alone.
    @Test(arguments: [10, 300_000], [(1, true), (2, true), (.max, false)])
    func `what came damaged is read again`(size: Int, damages: (count: Int, comes: Bool)) async throws {
        for (relays, digest) in [(false, false), (false, true), (true, false)] {
            let bytes = seededBytes(size)
            let store = MemoryStore(["a": bytes])
            store.state.withLock { $0.damages = damages.count }
            let input = InputRequest(
                from: "mem://bucket/a", to: "\(digest)", sha256: digest ? MessageDigest.sha256(bytes) : nil)
            let engine = engine(store) { $0.verifiesStoreChecksums = !digest }
            let report =
                relays
                ? await engine.relay([input], to: "mem://bucket/to/")
                : await engine.fetch([input], into: folder.path)
            #expect(report.exitCode == (damages.comes ? .ok : .data), "\(report.failures)")
            if relays {
                #expect(store.state.withLock { $0.objects["to/a"] } == (damages.comes ? bytes : nil))
            } else {
                #expect((try? folder.read("\(digest)")) == (damages.comes ? bytes : nil))
            }
        }
    }

    @Test(arguments: [10, 300_000])
    func `the right digest is accepted and its time told apart`(size: Int) async throws {
        let bytes = seededBytes(size)
        let request = InputRequest(from: "mem://bucket/a", to: "a", sha256: MessageDigest.sha256(bytes))
        let report = await engine(MemoryStore(["a": bytes])).fetch([request], into: folder.path)
        #expect(report.isComplete)
        #expect(report.totals.digestTime > .zero)
    }
}
