import Basics
import Foundation
import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

@Suite struct StoreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("store") }

    private func engine(_ store: MemoryStore) -> TransferEngine {
        TransferEngine(
            stores: MemoryResolver(store: store),
            configuration: TransferConfiguration(partSize: 64 << 10, retry: quickRetries))
    }

    /// Whose paths fill several pieces, whatever order they are done with in.
    @Test func `a plan forgets no path that is still asked for`() async throws {
        let place = try MemoryResolver(store: MemoryStore()).resolve("mem://bucket/all/", StoreSettings())
        var low = OutputRequest(from: "*9", to: "mem://bucket/low/")
        low.priority = -1
        let outputs = [low, OutputRequest(from: "**", to: "mem://bucket/all/")]
        var plan = StorePlan(
            try outputs.map { output in
                let keys = try OutputPlan(from: output.from, key: "all/\(output.priority)/")
                return StorePlan.Target(output: output, place: place, plan: keys)
            })
        let paths = (0..<3_000).map { String(repeating: "p", count: 90) + "\(10_000 + $0)" }
        for path in paths { #expect(plan.add(path) == []) }
        plan.finish()
        let expected = paths + paths.filter { $0.hasSuffix("9") }
        #expect((0..<plan.count).map { plan.path($0) } == expected)
        var random = SeededGenerator(seed: 3)
        let order = Array(0..<plan.count).shuffled(using: &random)
        for (done, index) in order.enumerated() {
            #expect(plan[index].path == expected[index])
            plan.close(index)
            if done.isMultiple(of: 700) {
                #expect(order[(done + 1)...].allSatisfy { plan.path($0) == expected[$0] })
            }
        }
    }

    @Test func `files go out with size and digest, large ones in parts`() async throws {
        let sizes = [0, 1, 64 << 10, (64 << 10) + 1, 500_001]
        for size in sizes { try folder.write(seededBytes(size), to: "d/\(size)") }
        let store = MemoryStore()
        let report = await engine(store).store([OutputRequest(from: "**", to: "mem://bucket/o/")], from: folder.path)
        #expect(report.failures == [])
        #expect(report.files.count == sizes.count)
        for file in report.files {
            let bytes = try folder.read(file.path)
            #expect(store.state.withLock { $0.objects["o/\(file.path)"] } == bytes)
            #expect(file.sha256 == Checksum(.sha256, MessageDigest.sha256(bytes)).hex)
        }
        #expect(store.state.withLock { $0.uploads.isEmpty })
    }

    /// A home directory, a scratch disk: nobody looks through it for a file that is named, or counts what else it holds.
    @Test(arguments: [("h.txt", 1), ("*.txt", 1), ("d/*/e.txt", 1), ("e/../h.txt", 0)])
    func `what lies beside what is meant is nobody's affair`(pattern: String, count: Int) async throws {
        try folder.write("x", to: "h.txt")
        try folder.write("z", to: "d/f/e.txt")
        try folder.write("y", to: String(repeating: "d/", count: 80) + "deep")
        try folder.write("reserved", to: ".kpipe-here/x")
        #expect(truncate(try folder.write("", to: "sparse"), 1 << 42) == 0)
        let store = MemoryStore()
        let report = await engine(store).store(
            [OutputRequest(from: pattern, to: "mem://bucket/o/")], from: folder.path)
        #expect(report.failures == [] && report.files.count == count)
    }

    @Test func `names are bytes: two spellings are two files, and what is no text is refused by name`() async throws {
        let spellings = ["d/caf\u{E9}", "d/cafe\u{301}", "d/\u{301}x"]
        for (index, name) in spellings.enumerated() { try folder.write("\(index)", to: name) }
        for name in [[0x61, 0xFF, 0], [0x62, 0xFE, 0]] as [[UInt8]] {
            let path = Array(folder.path.utf8) + [UInt8(ascii: "/")] + name
            let isFolder = name[0] == 0x62
            path.withUnsafeBytes {
                let text = $0.assumingMemoryBound(to: CChar.self).baseAddress!
                if isFolder {
                    mkdir(text, 0o755)
                    let made = open(text, O_RDONLY)
                    close(openat(made, "inside.csv", O_CREAT | O_WRONLY, 0o644))
                    close(made)
                } else {
                    close(open(text, O_CREAT | O_WRONLY, 0o644))
                }
            }
        }
        let target = try TemporaryFolder("target")
        let engine = TransferEngine(stores: StoreRegistry(StoreConfiguration(environment: [:])))
        let report = await engine.store([OutputRequest(from: "**", to: target.path + "/")], from: folder.path)
        #expect(report.files.count == 3)
        for (index, name) in spellings.enumerated() { #expect(try target.read(name) == Array("\(index)".utf8)) }
        #expect(report.failures.map(\.object) == [folder["a\\xff"], folder["b\\xfe/inside.csv"]])
        #expect(report.exitCode == .inputOutput)
        let some = await engine.store([OutputRequest(from: "d/*", to: target.path + "/")], from: folder.path)
        #expect(some.isComplete && some.files.count == 3)
    }

    @Test func `links lead inside or are named and left out, as pipes are`() async throws {
        let outside = try TemporaryFolder("outside")
        try outside.write("secret", to: "secret")
        try folder.write("x", to: "real/file")
        try FileManagerLink.make(folder["inside"], to: "real/file")
        try FileManagerLink.make(folder["escape"], to: outside["secret"])
        try FileManagerLink.make(folder["loop"], to: "loop")
        #expect(mkfifo(folder["pipe"], 0o600) == 0)
        let store = MemoryStore()
        let notes = Collected<String>()
        let report = await engine(store)
            .store([OutputRequest(from: "**", to: "mem://bucket/")], from: folder.path) {
                if case .note(let path, _) = $0 { notes.add(path) }
            }
        #expect(report.isComplete)
        #expect(store.state.withLock { $0.objects.keys.sorted() } == ["inside", "real/file"])
        #expect(notes.all == ["escape", "loop", "pipe"])
    }

    /// What lies there, what is asked for, what is missing.
    static let missing: [([String], String, Bool, Bool)] = [
        ([], "a", false, true), (["a"], "a", false, false), ([], "a", true, false), (["b.csv"], "*.csv", false, false),
        (["b"], "*.csv", false, true), ([], "*", false, false), ([], "**", false, false), ([], "d/", false, true),
        (["d/a"], "d/", false, false), (["d/a"], "d/*", false, false), (["a"], "d/**", false, true),
    ]

    @Test(arguments: missing)
    func `what is named and not there is missing`(files: [String], from: String, optional: Bool, isMissing: Bool)
        async throws
    {
        for file in files { try folder.write("x", to: file) }
        let request = OutputRequest(from: from, to: "mem://bucket/", optional: optional)
        let report = await engine(MemoryStore()).store([request], from: folder.path)
        #expect(report.failures.map(\.object) == (isMissing ? [from] : []))
    }

    @Test("who believes the manifest believes no file of main's", arguments: ["result/", "result", ""])
    func reserved(_ folderName: String) async throws {
        try folder.write("mine", to: "x")
        try folder.write("forged", to: "kpipe-manifest.json")
        let target = try TemporaryFolder("target")
        var output = OutputRequest(from: "**", to: "file://\(target.path)/\(folderName)")
        // As others write the same place.
        output.reserved = [
            "file://localhost\(target.path)/\(folderName)/kpipe-manifest.json".replacing("//kpipe", with: "/kpipe")
        ]
        let registry = StoreRegistry(StoreConfiguration(environment: [:]))
        let report = await TransferEngine(stores: registry, configuration: TransferConfiguration())
            .store([output], from: folder.path)
        #expect(report.failures.map(\.reason) == [.reservedName] && report.files.map(\.path) == ["x"])
        let stored = try FileManager.default.subpathsOfDirectory(atPath: target.path)
        #expect(stored.contains { $0.hasSuffix("x") } && !stored.contains { $0.hasSuffix("kpipe-manifest.json") })
        await registry.shutdown()
    }

    @Test func `what nobody would read to its end is counted`() async throws {
        for number in 0..<1200 { try FileManagerLink.make(folder["l\(number)"], to: "/nowhere/\(number)") }
        for number in 0..<1100 { try folder.write("", to: ".kpipe-\(number)") }
        let notes = Collected<String>()
        var configuration = TransferConfiguration()
        configuration.failuresBeforeStop = .max
        let report = await TransferEngine(stores: MemoryResolver(store: MemoryStore()), configuration: configuration)
            .store([OutputRequest(from: "**", to: "mem://bucket/o/")], from: folder.path) { event in
                if case .note(_, let why) = event { notes.add(why) }
            }
        #expect(notes.all.count == 1001 && notes.all.last == "200 more are no files that can be stored")
        #expect(report.failureCount == 1100 && report.failures.count == TransferReport.failuresKept)
        configuration.outputs.files = 2000
        let limited = await TransferEngine(stores: MemoryResolver(store: MemoryStore()), configuration: configuration)
            .store([OutputRequest(from: "**", to: "mem://bucket/o/")], from: folder.path)
        #expect(limited.failures.contains { $0.hint?.contains("limits.outputFiles") == true })
    }

    /// Whoever owns a file sets its time to what he likes.
    @Test(arguments: [-8_000_000_000, -1, 0, 9_223_372_036, 9_223_372_037, 10_413_792_000] as [Int])
    func `a file of any age is stored, packed too`(seconds: Int) async throws {
        let path = try folder.write("x", to: "d/old")
        var times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 500_000_000)]
        try #require(utimensat(AT_FDCWD, path, &times, 0) == 0)
        let store = MemoryStore()
        var packed = OutputRequest(from: "d/", to: "mem://bucket/d.tar")
        packed.pack = .tar
        let report = await engine(store).store(
            [OutputRequest(from: "d/", to: "mem://bucket/o/"), packed], from: folder.path)
        #expect(report.failures == [] && report.files.count == 2)
    }

    private struct SilentUpload: MultipartUpload {
        let id = "silent"
        func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
            -> PartTag
        {
            PartTag(number: number, etag: "", checksum: nil)
        }
        func storedParts() async throws(TransferError) -> [PartTag] { [] }
        func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo { ObjectInfo(key: "", size: 0) }
        func abort() async throws(TransferError) {
            try? await Task.sleep(for: .seconds(3600))
            throw .cancelled(id)
        }
    }

    @Test func `whoever must leave does not wait for a store that is silent`() async {
        let work = Task {
            // Once it is cancelled.
            while !Task.isCancelled { await Task.yield() }
            return await Result { () async throws(TransferError) in try await SilentUpload().abortAnyway() }
        }
        work.cancel()
        guard case .failure(let error) = await work.value else { return #expect(Bool(false), "it was aborted") }
        #expect(error.reason == .timeout)
    }

    @Test func `only the files that are named are looked at`() async throws {
        for file in ["a", "b", "d/c"] { try folder.write("x", to: file) }
        let store = MemoryStore()
        let report = await engine(store).store(
            [
                OutputRequest(from: "**", to: "mem://bucket/"),
                OutputRequest(from: "x", to: "mem://bucket/", optional: false),
            ],
            from: try ConfinedFolder(folder.path), only: ["b", "d/c", "d", "gone"], deadline: nil, journal: NoJournal(),
            onEvent: { _ in })
        #expect(report.isComplete)
        #expect(store.state.withLock { $0.objects.keys.sorted() } == ["b", "d/c"])
    }

    @Test func `an object that a broken-off upload has overwritten is not taken for what the journal says`()
        async throws
    {
        try folder.write("first", to: "a")
        let (store, journal) = (MemoryStore(), MemoryJournal())
        let all = [OutputRequest(from: "a", to: "mem://bucket/a")]
        _ = await engine(store).store(all, from: folder.path, journal: journal)
        let record = try #require(journal.stored(at: "mem://bucket/a"))
        rename(folder["a"], folder["kept"])
        try folder.write("other", to: "a")
        let refusing = MemoryStore(faults: [.cutShort], faultRate: 100)
        _ = await engine(refusing).store(all, from: folder.path, journal: journal)
        rename(folder["kept"], folder["a"])
        #expect(journal.stored(at: "mem://bucket/a")?.file != record.file)
        let report = await engine(store).store(all, from: folder.path, journal: journal)
        #expect(report.totals.objectsSkipped == 0)
        #expect(journal.stored(at: "mem://bucket/a")?.file == record.file)
    }

    @Test func `what passes a limit is named, and what is reserved`() async throws {
        for name in ["a", "b", "c/d/e/f", "g/.kpipe-h", "g/i"] { try folder.write("12345", to: name) }
        let all = [OutputRequest(from: "**", to: "mem://bucket/")]
        let cases: [(OutputLimits, stored: [String], named: [String])] = [
            (.init(), ["a", "b", "c/d/e/f", "g/i"], ["reserved"]),
            (.init(files: 2), ["a", "b"], ["more than 2 files"]),
            (.init(bytes: 10), ["a", "b"], ["more than 10 bytes"]),
            (.init(depth: 2), ["a", "b", "g/i"], ["c/d/e: lies more than 2 folders deep", "reserved"]),
        ]
        for (limits, stored, named) in cases {
            let store = MemoryStore()
            var configuration = TransferConfiguration()
            configuration.outputs = limits
            let engine = TransferEngine(stores: MemoryResolver(store: store), configuration: configuration)
            let report = await engine.store(all, from: folder.path)
            #expect(store.state.withLock { $0.objects.keys.sorted() } == stored)
            #expect(report.failures.count == named.count)
            for name in named { #expect(report.failures.contains { "\($0)".contains(name) }, "\(report.failures)") }
            #expect(report.exitCode == .inputOutput)
        }
    }

    @Test func `what is stored is not sent again, and a forgotten upload goes on`() async throws {
        let bytes = seededBytes(300_000)
        try folder.write(bytes, to: "big")
        let store = MemoryStore()
        let journal = MemoryJournal()
        let upload = try await store.beginMultipart("big", ObjectAttributes())
        _ = try await upload.part(2, BytesSource(Array(bytes[65536..<131072])), checksum: nil)
        _ = try await upload.part(3, BytesSource(Array(bytes[0..<65536])), checksum: nil)
        journal.record(UploadRecord(url: "mem://bucket/big", id: upload.id))
        let request = [OutputRequest(from: "big", to: "mem://bucket/big")]
        let report = await engine(store).store(request, from: folder.path, journal: journal)
        #expect(report.isComplete)
        #expect(store.state.withLock { $0.objects["big"] } == bytes)
        // Five parts, of which the second was there and the third was another's content.
        #expect(store.state.withLock { $0.writes["big"] } == 2 + 4)
        #expect(journal.uploads.isEmpty)
        let again = await engine(store).store(request, from: folder.path, journal: journal)
        #expect(again.totals.objectsSkipped == 1)
        #expect(store.state.withLock { $0.writes["big"] } == 2 + 4)
    }

    /// By a rule of the bucket against old uploads, at an hour when it was not old to us.
    @Test(arguments: ["file", "pack", "copy"], [1, 9])
    func `an upload that somebody ends meanwhile is begun anew`(kind: String, times: Int) async throws {
        let bytes = seededBytes(300_000)
        try folder.write(bytes, to: "d/big")
        let store = MemoryStore(["source": bytes])
        store.state.withLock { $0.endings = times }
        var request = OutputRequest(from: "d/", to: "mem://bucket/o/")
        if kind == "pack" { (request.to, request.pack) = ("mem://bucket/o", .tar) }
        let journal = MemoryJournal()
        let report =
            kind == "copy"
            ? await engine(store).relay([InputRequest(from: "mem://bucket/source", to: "")], to: "mem://bucket/o/big")
            : await engine(store).store([request], from: folder.path, journal: journal)
        #expect(report.failures.map(\.reason) == (times == 1 ? [] : [.uploadEnded]))
        #expect(store.state.withLock { $0.uploads.isEmpty } && (kind == "pack" || journal.uploads.isEmpty))
        guard times == 1 else { return #expect(report.exitCode == .temporary) }
        let object = store.state.withLock { $0.objects[kind == "pack" ? "o" : "o/big"] }
        #expect(kind == "pack" ? object?.count ?? 0 > bytes.count : object == bytes)
        #expect(kind != "file" || report.files.first?.sha256 == Checksum(.sha256, MessageDigest.sha256(bytes)).hex)
    }

    /// Killed between the store's answer and the line that names the upload.
    @Test func `an upload that nobody knows any more is ended, and no other`() async throws {
        try folder.write(seededBytes(200_000), to: "big")
        let store = MemoryStore()
        var times: [String: String] = [:]
        for (key, time) in [
            ("big", "2027-01-01T00:00:00Z"), ("big", "2026-11-30T00:00:00.000Z"), ("bigger", "2027-01-01T00:00:00Z"),
            ("big", "soon"),
        ] {
            times[try await store.beginMultipart(key, ObjectAttributes()).id] = time
        }
        store.state.withLock { $0.initiated = times }
        let journal = MemoryJournal()
        let begun = try #require(CivilTime(internet: "2026-12-31T23:00:00Z")).secondsSince1970
        journal.record(UploadRecord(url: "mem://bucket/big", id: "", begun: begun))
        let request = [OutputRequest(from: "big", to: "mem://bucket/big")]
        let report = await engine(store).store(request, from: folder.path, journal: journal)
        #expect(report.isComplete)
        #expect(store.state.withLock { $0.aborted } == ["big#0"])
        #expect(store.state.withLock { $0.uploads.keys.sorted() } == ["big#1", "big#3", "bigger#2"])
        #expect(journal.uploads.isEmpty)
    }

    @Test func `two files that would become one object are refused`() async throws {
        try folder.write("1", to: "a/x")
        try folder.write("2", to: "b/x")
        let report = await engine(MemoryStore()).store(
            [OutputRequest(from: "a/*", to: "mem://bucket/"), OutputRequest(from: "b/*", to: "mem://bucket/")],
            from: folder.path)
        #expect(report.failures.map(\.reason) == [.hostileName])
    }

    @Test func `the deadline leaves out what has the least priority`() async throws {
        try folder.write("1", to: "first")
        try folder.write("2", to: "last")
        let store = MemoryStore(faults: [.slowDown], faultRate: 100)
        let patient = TransferEngine(
            stores: MemoryResolver(store: store),
            configuration: TransferConfiguration(
                retry: StoreRetries(attempts: 1000, base: .seconds(600), cap: .seconds(600))))
        let report = await patient.store(
            [
                OutputRequest(from: "last", to: "mem://bucket/", priority: 0),
                OutputRequest(from: "first", to: "mem://bucket/", priority: 9),
            ], from: folder.path, deadline: .now + .milliseconds(500))
        #expect(report.leftOut == ["first", "last"])
        #expect(report.exitCode == .inputOutput)
        #expect(report.failures == [])
    }

    @Test(arguments: 0..<16)
    func `whatever fails, objects are exact or the error is named`(seed: UInt64) async throws {
        for index in 0..<8 { try folder.write(seededBytes(index * 40_009, seed: seed), to: "\(index)") }
        let store = MemoryStore(
            faults: [.reset, .cutShort, .slowDown, .serverError], faultRate: 15 + seed, seed: seed)
        let report = await engine(store).store([OutputRequest(from: "*", to: "mem://bucket/")], from: folder.path)
        let objects = store.state.withLock { $0.objects }
        for (key, bytes) in objects { #expect(try folder.read(key) == bytes) }
        #expect(store.state.withLock { $0.uploads.isEmpty })
        #expect(objects.count + report.failureCount == 8)
    }
}
