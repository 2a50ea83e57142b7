import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// Quick pauses: what is under test is whether, not when, something is tried again.
let quickRetries = StoreRetries(attempts: 6, base: .microseconds(50), cap: .milliseconds(1), restarts: 3, budget: 1000)

@Suite struct FetchTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("fetch") }

    @Test(arguments: [0, 1, 4096, 64 << 10, (64 << 10) + 1, 1_000_003])
    func `an object of any size arrives byte for byte`(size: Int) async throws {
        let bytes = seededBytes(size)
        let store = MemoryStore(["a/b": bytes])
        let report = await engine(store).fetch([InputRequest(from: "mem://bucket/a/b", to: "x/y")], into: folder.path)
        #expect(report.isComplete)
        #expect(try folder.read("x/y") == bytes)
        #expect(try folder.list() == ["x", "x/y"])
    }

    /// One in twenty-five fails, and the others refill what that takes: very many are no reason to give up.
    @Test func `a store that errs now and then fails no transfer, however many files it has`() async throws {
        let names = (0..<2000).map { "p/\($0)" }
        let store = MemoryStore(
            Dictionary(uniqueKeysWithValues: names.map { ($0, [1]) }), faults: [.reset, .serverError], faultRate: 4)
        let report = await engine(store) { $0.retry.budget = 20 }
            .fetch([InputRequest(from: "mem://bucket/p/", to: "to")], into: folder.path)
        #expect(report.failures == [])
        #expect(report.totals.retries > 40)
    }

    @Test func `a prefix keeps the paths below it, and a small listed object costs one request`() async throws {
        let names = ["p/a b.txt", "p/c+d%20.txt", "p/q/😀", "p/" + String(repeating: "n", count: 255), "p/empty"]
        let store = MemoryStore(Dictionary(uniqueKeysWithValues: names.map { ($0, Array($0.utf8)) }))
        let report = await engine(store).fetch([InputRequest(from: "mem://bucket/p/", to: "to")], into: folder.path)
        #expect(report.failures == [])
        for name in names { #expect(try folder.text("to/" + name.dropFirst(2)) == name) }
        #expect(store.state.withLock { $0.stats } == 0)
        #expect(store.state.withLock { $0.reads.values.allSatisfy { $0 == 1 } })
    }

    @Test(arguments: [
        "p/../x", "p//x", "p/./x", "p/.kpipe-1", "p/" + String(repeating: "n", count: 256), "p/a\0b",
    ])
    func `a hostile name is refused, and nothing is written`(key: String) async throws {
        let report = await engine(MemoryStore([key: [1]]))
            .fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder.path)
        #expect(report.failures.map(\.reason) == [.hostileName])
        #expect(report.exitCode == .data)
        #expect(try folder.list() == [])
    }

    @Test(arguments: [
        [["p/a": "1"], ["q/a": "2"]], [["p/a": "1"], ["q/a/b": "2"]], [["p/a/b": "1"], ["q/a": "2"]],
    ])
    func `names that collide are refused, and the first stays`(objects: [[String: String]]) async throws {
        let all = objects.flatMap { $0 }.map { ($0.key, Array($0.value.utf8)) }
        let report = await engine(MemoryStore(Dictionary(uniqueKeysWithValues: all))).fetch(
            [InputRequest(from: "mem://bucket/p/", to: ""), InputRequest(from: "mem://bucket/q/", to: "")],
            into: folder.path)
        #expect(report.failures.map(\.reason) == [.hostileName])
        let first = try #require(objects[0].keys.first)
        #expect(try folder.text(String(first.dropFirst(2))) == "1")
    }

    @Test func `names that differ in case or spelling are files of their own where the folder says so`() async throws {
        let names = ["p/x.h", "p/X.h", "p/d/\u{E9}", "q/d/e\u{301}", "q/D/\u{E9}"]
        let store = MemoryStore(Dictionary(uniqueKeysWithValues: names.map { ($0, Array($0.utf8)) }))
        let report = await engine(store).fetch(
            ["p/", "q/"].map { InputRequest(from: "mem://bucket/\($0)", to: "") }, into: folder.path)
        #expect(report.failures == [])
        for name in names { #expect(try folder.read(String(name.dropFirst(2))) == Array(name.utf8)) }
    }

    @Test(arguments: [
        (NameFolding.letterCase, "d/A", true), (.letterCase, "D/b", true), (.letterCase, "d/e\u{301}", false),
        (.spelling, "d/e\u{301}", true), (.spelling, "d/A", false), (NameFolding(), "d/A", false),
        (NameFolding(), "d/e\u{301}", false),
    ])
    func `where a folder takes two names for one, the second is refused`(
        folding: NameFolding, name: String, isRefused: Bool
    ) throws {
        var destinations = Destinations(folding: folding)
        for first in ["d/a", "d/\u{E9}"] { try destinations.claim(first, for: "o") }
        let error = Result { () throws(TransferError) in try destinations.claim(name, for: "p") }
        #expect(((try? error.get()) == nil) == isRefused)
    }

    @Test(arguments: [
        ("a//b", "a/%2F/b"), ("a/", "a/%2F"), ("../x", "%2E./x"), ("a/./b", "a/%2E/b"), ("a\0b", "a%00b"),
        (".kpipe-1", "%2Ekpipe-1"), (".kpipe/x", "%2Ekpipe/x"), ("x/.kpipe", "x/.kpipe"), ("a.b", "a.b"),
        (
            String(repeating: "n", count: 256),
            String(repeating: "n", count: 238) + "~"
                + Checksum(
                    .sha256, MessageDigest.sha256([UInt8](repeating: 0x6E, count: 256))
                ).hex.prefix(16)
        ),
    ])
    func `a name that no file can have is written otherwise`(name: String, path: String) throws {
        #expect(RelativeName.renamed(name) == path)
        #expect(try RelativeName.check(path, of: "o") == path)
    }

    @Test(arguments: BadNames.allCases)
    func `one bad name does with the prefix what is configured`(badNames: BadNames) async throws {
        let names = ["p/good", "p//x", "p/../y", "p/f", "p/f/g", "p/" + String(repeating: "n", count: 256), "p/m/"]
        let store = MemoryStore(Dictionary(uniqueKeysWithValues: names.map { ($0, [7]) }))
        var request = InputRequest(from: "mem://bucket/p/", to: "")
        request.badNames = badNames
        let notes = Collected<String>()
        let report = await engine(store).fetch([request], into: folder.path) {
            if case .note(let path, _) = $0 { notes.add(path) }
        }
        #expect(report.failures.count == (badNames == .fail ? 5 : 0))
        #expect(notes.all.count == (badNames == .skip ? 5 : 0))
        let found = try folder.list()
        #expect(found.contains("good") && found.contains("f"))
        guard badNames == .rename else { return }
        for path in ["%2F/x", "%2E./y", "f%2F/g", "m/%2F"] { #expect(found.contains(path)) }
        #expect(report.totals.objectsDone == 7)
    }

    /// A file where a folder must be, a link, and a folder where the file must be.
    @Test(arguments: [BadNames.skip, .rename])
    func `what stands here already is as much in the way as another object`(badNames: BadNames) async throws {
        let store = MemoryStore(["p/mk/child/x": [1], "p/way/x": [2], "p/dir": [3], "p/good": [4], "p/own/x": [5]])
        try folder.write("mine", to: "mk")
        try folder.write("mine", to: "dir/mine")
        _ = try folder.makeFolder("own")
        let outside = try TemporaryFolder("outside")
        try FileManagerLink.make(folder["way"], to: outside.path)
        var request = InputRequest(from: "mem://bucket/p/", to: "")
        request.badNames = badNames
        let notes = Collected<String>()
        let report = await engine(store).fetch([request], into: folder.path) {
            if case .note(let path, _) = $0 { notes.add(path) }
        }
        #expect(report.failures == [])
        let inTheWay = ["mem://bucket/p/dir", "mem://bucket/p/mk/child/x", "mem://bucket/p/way/x"]
        #expect(notes.all == (badNames == .skip ? inTheWay : []))
        #expect(try folder.text("mk") == "mine" && folder.text("dir/mine") == "mine" && outside.list() == [])
        #expect(try folder.read("good") == [4] && folder.read("own/x") == [5])
        let renamed = ["mk%2F/child/x", "way%2F/x", "dir%2F"].map(folder.exists)
        #expect(renamed == [Bool](repeating: badNames == .rename, count: 3))
    }

    @Test func `one busy server holds nobody else up`() async throws {
        let busy = MemoryStore(["slow/x": [1]], faults: [.slowDown], faultRate: 100)
        let quick = MemoryStore(Dictionary(uniqueKeysWithValues: (0..<600).map { ("p/\($0)", [1]) }))
        var configuration = TransferConfiguration(durable: false)
        configuration.retry = StoreRetries(attempts: 1000, base: .seconds(600), cap: .seconds(600))
        configuration.maximumConcurrency = 4
        let engine = TransferEngine(stores: TwoStores(first: busy, second: quick), configuration: configuration)
        let task = Task { [path = folder.path] in
            await engine.fetch(
                [InputRequest(from: "one://a/slow/", to: ""), InputRequest(from: "two://b/p/", to: "")], into: path)
        }
        while engine.meter.reading.objectsDone < 600 { await Task.yield() }
        task.cancel()
        #expect(await task.value.failures.map(\.reason) == [.cancelled])
    }

    @Test func `what is not complete by the deadline has failed, and says so`() async throws {
        let store = MemoryStore(["a": [1]], faults: [.slowDown], faultRate: 100)
        let patient = engine(store) {
            $0.retry = StoreRetries(attempts: 1000, base: .seconds(600), cap: .seconds(600))
            $0.deadline = .milliseconds(50)
        }
        let said = Collected<String>()
        let report = await patient.fetch([InputRequest(from: "mem://bucket/a", to: "a")], into: folder.path) {
            if case .failed(let error) = $0 { said.add(error.message) }
        }
        #expect(report.failures.map(\.reason) == [.exhausted])
        #expect(report.exitCode == .temporary)
        #expect(said.all == ["not complete within the deadline of 50ms"])
    }

    @Test func `what stands there already is skipped, whichever way it goes`() async throws {
        let store = MemoryStore(["p/a": [1, 2], "p/b": [3, 4], "p/c": [5]])
        try folder.write("\u{1}\u{2}", to: "a")
        try folder.write("other", to: "b")
        let told = Collected<String>()
        let rehearsing = engine(store) { ($0.skipsExisting, $0.dryRun) = (true, true) }
        for folder in [folder.path, folder["none"]] {
            _ = await rehearsing.fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder) {
                if case .planned(let file) = $0 { told.add(file.path) }
            }
        }
        #expect(told.all.sorted() == ["a", "b", "b", "c", "c"])
        _ = await rehearsing.store([OutputRequest(from: "**", to: "mem://bucket/p/")], from: folder.path) {
            if case .planned(let file) = $0 { told.add("up \(file.path)") }
        }
        #expect(told.all.dropFirst(5) == ["up b"])
        let skipping = engine(store) { $0.skipsExisting = true }
        let down = await skipping.fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder.path)
        #expect(down.totals.objectsSkipped == 1 && down.totals.objectsDone == 2)
        #expect(try folder.read("b") == [3, 4])
        #expect(store.state.withLock { $0.reads["p/a"] } == nil)
        try folder.write("new", to: "c")
        let up = await engine(store) { $0.skipsExisting = true }
            .store([OutputRequest(from: "**", to: "mem://bucket/p/")], from: folder.path)
        #expect(up.totals.objectsSkipped == 2 && up.totals.objectsDone == 1)
        #expect(store.state.withLock { $0.objects["p/c"] } == Array("new".utf8))
    }

    /// A file of the same size that is newer: by its time alone it would be taken for the object.
    @Test(arguments: [("p/", true, true), ("p/", false, false), ("p/a", true, true)])
    func `a checksum that the store has counts more than a time`(key: String, isNamed: Bool, isSeen: Bool) async throws
    {
        let store = MemoryStore(
            ["p/a": [1, 2], "p/other": [3]], modified: "2001-09-09T01:46:40.000Z", namesChecksums: isNamed)
        try folder.write("mine", to: "other")
        try folder.write("\u{1}\u{1}", to: "a")
        let request = InputRequest(from: "mem://bucket/\(key)", to: "")
        for pass in 0..<2 {
            let report = await engine(store) { $0.skipsExisting = true }.fetch([request], into: folder.path)
            #expect(report.failures == [] && (report.totals.objectsSkipped > 0) == (pass == 1 || !isSeen))
        }
        #expect(try folder.read("a") == (isSeen ? [1, 2] : [1, 1]))
        // Asked for only where a file of that size stands there.
        if key == "p/" { #expect(store.state.withLock { $0.stats } == (isNamed ? 3 : 0)) }
    }

    /// Of single objects, too, of which no listing has told.
    @Test(arguments: ["p/", "p/o", "none"], [true, false])
    func `a rehearsal says how much it would be, and what is missing`(key: String, relays: Bool) async throws {
        let store = MemoryStore(["p/o": [1, 2, 3]])
        let told = Collected<TransferredFile>()
        let engine = engine(store) { $0.dryRun = true }
        let inputs = [InputRequest(from: "mem://bucket/\(key)", to: "")]
        let handler: TransferEventHandler = { if case .planned(let file) = $0 { told.add(file) } }
        let report =
            relays
            ? await engine.relay(inputs, to: "mem://bucket/to/", onEvent: handler)
            : await engine.fetch(inputs, into: folder.path, onEvent: handler)
        #expect(report.exitCode == (key == "none" ? .noInput : .ok))
        #expect(told.all.map(\.size) == (key == "none" ? [] : [3]))
        #expect(try folder.list() == [] && store.state.withLock { $0.reads.isEmpty && $0.writes.isEmpty })
    }

    @Test func `a link in the way is not written through`() async throws {
        let outside = try TemporaryFolder("outside")
        try FileManagerLink.make(folder["way"], to: outside.path)
        let report = await engine(MemoryStore(["p/way/x": [1]]))
            .fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder.path)
        #expect(report.failures.map(\.reason) == [.hostileName])
        #expect(try outside.list() == [])
        #expect(try folder.list() == ["way"])
    }

    @Test func `a missing object is no input, unless it is optional`() async throws {
        let store = MemoryStore(["there": [1]])
        for from in ["mem://bucket/gone", "mem://bucket/none/", "mem://bucket/none-*"] {
            var request = InputRequest(from: from, to: "x/")
            #expect(await engine(store).fetch([request], into: folder.path).exitCode == .noInput)
            request.optional = true
            #expect(await engine(store).fetch([request], into: folder.path).isComplete)
        }
        #expect(store.state.withLock { $0.reads["gone"] } ?? 0 <= 2)
    }

    @Test func `a bucket that is missing is not excused, nor a folder marker alone`() async throws {
        let nowhere = MemoryStore(bucketIsMissing: true)
        for from in ["mem://bucket/gone", "mem://bucket/none/"] {
            let request = InputRequest(from: from, to: "x/", optional: true)
            let report = await engine(nowhere).fetch([request], into: folder.path)
            #expect(report.failures.map(\.reason) == [.noBucket])
            #expect(report.exitCode == .noInput)
        }
        let store = MemoryStore(["p/": []])
        for optional in [true, false] {
            let request = InputRequest(from: "mem://bucket/p/", to: "x/", optional: optional)
            let report = await engine(store).fetch([request], into: folder.path)
            #expect(report.exitCode == .noInput)
            #expect(report.failures.first?.message.contains("marker of a folder") == true)
        }
    }

    @Test func `what the journal holds is not fetched again, until it changes`() async throws {
        let store = MemoryStore(["p/a": [1], "p/b": seededBytes(200_000)])
        let journal = MemoryJournal()
        let request = [InputRequest(from: "mem://bucket/p/", to: "")]
        _ = await engine(store).fetch(request, into: folder.path, journal: journal)
        let reads = store.state.withLock { $0.reads }
        let again = await engine(store).fetch(request, into: folder.path, journal: journal)
        #expect(again.totals.objectsSkipped == 2)
        #expect(store.state.withLock { $0.reads } == reads)
        try folder.write("damaged", to: "a")
        _ = await engine(store).fetch(request, into: folder.path, journal: journal)
        #expect(try folder.read("a") == [1])
        #expect(store.state.withLock { $0.reads["p/b"] } == reads["p/b"])
    }

    @Test func `temporary files of a killed process are removed`() async throws {
        try folder.write("half", to: ".kpipe-abc")
        try folder.write("half", to: ".kpipe-dir/deep/file")
        _ = await engine(MemoryStore(["a": [1]])).fetch(
            [InputRequest(from: "mem://bucket/a", to: "a")], into: folder.path, journal: MemoryJournal())
        #expect(try folder.list() == ["a"])
    }

    @Test func `a folder that cannot be made is said clearly`() async throws {
        try folder.write("", to: "file")
        let report = await engine(MemoryStore(["a": [1]]))
            .fetch([InputRequest(from: "mem://bucket/a", to: "a")], into: folder["file"])
        #expect(report.failureCount == 1)
        #expect(report.failures.first?.description.contains("file") == true)
    }

    @Test func `many objects are fetched a window at a time`() async throws {
        let store = MemoryStore(
            Dictionary(uniqueKeysWithValues: (0..<2_000).map { ("p/\($0)", [UInt8]([1])) }), pageSize: 100)
        let report = await engine(store) { $0.listsFiles = false }
            .fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder.path)
        #expect(report.totals.objectsDone == 2_000)
        #expect(report.files.isEmpty)
        #expect(store.state.withLock { $0.mostRunning } <= 256)
    }

    @Test(arguments: 0..<24)
    func `whatever fails, the bytes are exact or the error is named`(seed: UInt64) async throws {
        var objects: [String: [UInt8]] = [:]
        for index in 0..<12 { objects["p/\(index)"] = seededBytes(index * 30_011, seed: seed) }
        let store = MemoryStore(objects, faults: MemoryStore.Fault.allCases, faultRate: 10 + seed, seed: seed)
        let report = await engine(store).fetch([InputRequest(from: "mem://bucket/p/", to: "")], into: folder.path)
        let present = try folder.list()
        for path in present { #expect(try folder.read(path) == objects["p/\(path)"]) }
        #expect(!present.contains { $0.hasPrefix(".kpipe-") })
        if report.isComplete { #expect(present.count == objects.count) }
        for failure in report.failures { #expect(failure.object.hasPrefix("mem://bucket/p/")) }
    }

    @Test(arguments: [InputRequest.Unpack.never, .auto])
    func `what is not begun is named without its secrets`(unpack: InputRequest.Unpack) async throws {
        let registry = StoreRegistry(StoreConfiguration(environment: [:]))
        let inputs = [
            InputRequest(from: "https://user:secret@h.example/x.tar?sig=secret", to: "", unpack: unpack)
        ]
        let report = await Task { [path = folder.path] in
            if unpack == .never { withUnsafeCurrentTask { $0?.cancel() } }
            return await TransferEngine(stores: registry).fetch(inputs, into: path)
        }.value
        #expect(report.failures.map(\.reason) == [unpack == .never ? .cancelled : .configuration])
        for failure in report.failures {
            #expect(failure.object.contains("h.example/x.tar") && !"\(failure)".contains("secret"))
        }
    }

    @Test func `cancelling stops and leaves nothing half`() async throws {
        let store = MemoryStore(["a": seededBytes(4 << 20)], faults: [.slowDown], faultRate: 100)
        let patient = engine(store) { $0.retry = StoreRetries(attempts: 1000, base: .seconds(600), cap: .seconds(600)) }
        let task = Task { [path = folder.path] in
            await patient.fetch([InputRequest(from: "mem://bucket/a", to: "a")], into: path)
        }
        while store.state.withLock({ $0.stats + $0.reads.count }) == 0 { await Task.yield() }
        task.cancel()
        let report = await task.value
        #expect(report.failures.map(\.reason) == [.cancelled])
        #expect(try folder.list() == [])
    }
}
