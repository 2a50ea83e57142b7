import Basics
import Glibc
import Synchronization
import TestSupport
import Testing
import Transfer
import WorkdirProtocol

@testable import SidecarAgent

@Suite("Outputs are stored while main runs")
struct ContinuousStoreTests {
    /// Takes paths instead of storing them.
    private final class Paths: StepTransfers {
        let stored = Mutex<[String]>([])
        let failures = Mutex<[TransferError]>([])
        let warnings = Mutex<[String]>([])
        let hangs = Atomic(false)

        func fetch(
            _ inputs: [InputRequest], into folder: ConfinedFolder, journal: any TransferJournal,
            onEvent: @escaping TransferEventHandler
        ) async -> TransferReport { TransferReport() }

        func store(
            _ outputs: [OutputRequest], from folder: ConfinedFolder, only paths: [String]?,
            deadline: ContinuousClock.Instant?, journal: any TransferJournal, onEvent: @escaping TransferEventHandler
        ) async -> TransferReport {
            stored.withLock { $0 += paths ?? [] }
            if hangs.load(ordering: .relaxed) { try? await Task.sleep(for: .seconds(3600)) }
            var report = TransferReport()
            report.failures = failures.withLock { failures in
                defer { failures = [] }
                return failures
            }
            for failure in report.failures { onEvent(.failed(failure)) }
            return report
        }

        func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError) {}
        func put(_ manifest: Manifest, of files: FileList, to url: String, _ settings: StoreSettings) {}
    }

    private let folder: TemporaryFolder
    private let volume: Volume
    private let clock = VirtualClock()
    private let transfers = Paths()

    init() throws {
        folder = try TemporaryFolder("continuous")
        volume = try Volume(folder.path, openToAll: false)
    }

    private func store() -> ContinuousStore {
        ContinuousStore(
            [OutputRequest(from: "**", to: "file:///o/")], of: volume, journal: NoJournal(), transfers: transfers,
            // A calendar far from any file's: only events count.
            time: Timepiece(clock), wall: WallClock { 0 },
            onEvent: { [transfers] event in
                if case .warning(let text) = event { transfers.warnings.withLock { $0.append(text) } }
            })
    }

    private func running(_ body: (ContinuousStore) async throws -> Void) async throws {
        let store = store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await store.run() }
            try await body(store)
            await store.finish()
        }
    }

    /// Lets seconds pass, one at a time, until it is so.
    private func pass(_ what: String, until condition: @escaping @Sendable () -> Bool) async throws {
        try await eventually(what) {
            clock.advance(by: .milliseconds(500))
            return condition()
        }
    }

    private var stored: [String] { transfers.stored.withLock { $0 } }

    @Test("closed and renamed files, in folders that are made, moved and exchanged meanwhile")
    func follows() async throws {
        try folder.write("before", to: "output/before")
        try await running { _ in
            try await pass("what lay there") { stored.contains("before") }
            try folder.write("x", to: "output/a/b/c/new")
            try await pass("a file in new folders") { stored.contains("a/b/c/new") }
            rename(folder["output/a"], folder["output/moved"])
            try folder.write("x", to: "output/moved/b/c/later")
            try await pass("a file in a moved folder") { stored.contains("moved/b/c/later") }
            rename(folder["output"], folder["away"])
            try folder.write("x", to: "output/exchanged")
            try await pass("a file in another output/") { stored.contains("exchanged") }
            try folder.write("x", to: "temporary")
            rename(folder["temporary"], folder["output/renamed"])
            try await pass("a file that was renamed") { stored.contains("renamed") }
        }
    }

    @Test("an open file is not stored, a link and a pipe never")
    func waits() async throws {
        try await running { _ in
            try folder.write("x", to: "output/first")
            try await pass("a first file, so that all is watched") { stored == ["first"] }
            let open = open(folder["output/open"], O_WRONLY | O_CREAT, 0o644)
            symlink("/etc/passwd", folder["output/link"])
            mkfifo(folder["output/pipe"], 0o600)
            try folder.write("x", to: "output/other")
            try await pass("another file") { stored.contains("other") }
            #expect(stored == ["first", "other"])
            close(open)
            try await pass("the file once it is closed") { stored.contains("open") }
            #expect(stored == ["first", "other", "open"])
        }
    }

    @Test("what could not be stored is no failure and tried again; what changed meanwhile waits for its next end")
    func fails() async throws {
        let changed = TransferError("a", .changed, "changed")
        let down = TransferError("a", .network, "down")
        transfers.failures.withLock { $0 = [changed] }
        try await running { _ in
            try folder.write("x", to: "output/a")
            try await pass("a first try") { stored == ["a"] }
            #expect(transfers.warnings.withLock { $0.isEmpty })
            transfers.failures.withLock { $0 = [down] }
            try folder.write("y", to: "output/a")
            try await pass("a second try, and one more") { stored == ["a", "a", "a"] }
            #expect(transfers.warnings.withLock { $0.count } == 1)
        }
    }

    @Test("where time is short, what is under way is given up")
    func atOnce() async throws {
        transfers.hangs.store(true, ordering: .relaxed)
        try await running { store in
            try folder.write("x", to: "output/a")
            try await pass("a file under way") { stored == ["a"] }
            await store.finish(atOnce: true)
        }
    }

    @Test("without an output/ to watch, or with a link in its place, nothing is stored and nothing breaks")
    func link() async throws {
        rename(folder["output"], folder["away"])
        symlink("/etc", folder["output"])
        try await running { _ in
            try folder.write("x", to: "away/file")
            for _ in 0..<50 { clock.advance(by: .seconds(1)) }
        }
        #expect(stored.isEmpty)
    }
}
