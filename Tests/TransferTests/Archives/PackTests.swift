import Basics
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Transfer

/// Many outputs that become one archive on their way.
@Suite(.requires(.python)) struct PackTests {
    private let folder: TemporaryFolder
    private let work: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("pack")
        work = try TemporaryFolder("archive")
    }

    private func output(_ format: PackFormat, from: String = "**", to: String = "mem://bucket/out.tar.zst")
        -> OutputRequest
    {
        var output = OutputRequest(from: from, to: to)
        output.pack = format
        return output
    }

    private func engine(_ memory: MemoryStore, partSize: Int64 = 1 << 20) -> TransferEngine {
        TransferEngine(
            stores: MemoryResolver(store: memory),
            configuration: TransferConfiguration(partSize: partSize, retry: quickRetries))
    }

    private func object(_ memory: MemoryStore, _ key: String = "out.tar.zst") -> [UInt8]? {
        memory.state.withLock { $0.objects[key] }
    }

    @Test(arguments: [
        (PackFormat.tar, "--no-auto-compress", true), (.tarGzip, "--gzip", true), (.tarZstandard, "--zstd", true),
        (.tarZstandard, "--zstd", false),
    ])
    func `tar unpacks what was packed: names, bytes, modes and times`(
        format: PackFormat, option: String, parts: Bool
    ) async throws {
        let files: [String: [UInt8]] = [
            "empty": [], "deep/er/random": seededBytes(3_300_000), "deep/zeros": [UInt8](repeating: 0, count: 300_000),
            "\(String(repeating: "long", count: 40))/😀 +%": Array("words".utf8),
            "spelt/e\u{301}.txt": Array("two".utf8), "spelt/\u{E9}/\u{E9}.txt": Array("one".utf8),
        ]
        for (name, bytes) in files { try folder.write(bytes, to: name) }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o751, .modificationDate: Date(timeIntervalSince1970: 1_000_000_000)],
            ofItemAtPath: folder["deep/zeros"])
        // A link to a file here is that file; one that leads elsewhere is named and left out.
        try FileManagerLink.make(folder["link"], to: "deep/zeros")
        try FileManagerLink.make(folder["away"], to: "/etc/passwd")
        let memory = MemoryStore(multipart: parts)
        let told = Collected<String>()
        let report = await engine(memory, partSize: parts ? 1 << 20 : 64 << 20).store(
            [output(format)], from: folder.path
        ) { if case .note(let path, _) = $0 { told.add(path) } }
        #expect(report.failures == [] && told.all == ["away"])
        let archive = try #require(object(memory))
        let file = try #require(report.files.first)
        #expect(report.files.count == 1 && file.path == "out.tar.zst" && file.size == Int64(archive.count))
        #expect(file.sha256 == Hex.encode(MessageDigest.sha256(archive)))
        #expect(file.checksum == StreamTransfer.checksum(archive, .crc32c))
        try work.write(archive, to: "archive")
        _ = try work.makeFolder("tree")
        try await TestSupport.output("tar", [option, "-xf", work["archive"], "-C", work["tree"]])
        #expect(try work.list("tree") == folder.list().filter { $0 != "away" })
        for (name, bytes) in files { #expect(try work.read("tree/\(name)") == bytes) }
        #expect(try work.read("tree/link") == files["deep/zeros"])
        let attributes = try FileManager.default.attributesOfItem(atPath: work["tree/deep/zeros"])
        #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o777 } == 0o751)
        #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_000_000_000)
        // Equal files are equal bytes, and our own reader takes them.
        let again = MemoryStore()
        _ = await engine(again).store([output(format)], from: folder.path)
        #expect(object(again) == archive)
        let back = await engine(again).fetch(
            [InputRequest(from: "mem://bucket/out.tar.zst", to: "model", unpack: .auto)], into: work["back"])
        #expect(back.failures == [])
        for (name, bytes) in files { #expect(try work.read("back/model/\(name)") == bytes) }
        let kept = try FileManager.default.attributesOfItem(atPath: work["back/model/deep/zeros"])
        #expect((kept[.posixPermissions] as? Int).map { $0 & 0o777 } == 0o751)
        #expect((kept[.modificationDate] as? Date)?.timeIntervalSince1970 == 1_000_000_000)
    }

    /// Empty ones, too; only those whose files an output means.
    @Test func `folders come back with their modes and times, whoever unpacks`() async throws {
        let folders = [("d", 0o750), ("d/empty", 0o700), ("d/in", 0o711), ("other", 0o755)]
        for name in ["d/in/file", "d/word", "other/file"] { try folder.write(name, to: name) }
        for (name, mode) in folders.reversed() {
            _ = try folder.makeFolder(name)
            try FileManager.default.setAttributes(
                [.posixPermissions: mode, .modificationDate: Date(timeIntervalSince1970: 1e9)],
                ofItemAtPath: folder[name])
        }
        let memory = MemoryStore()
        let outputs = [output(.tarGzip), output(.tar, from: "d/*", to: "mem://bucket/flat.tar")]
        #expect(await engine(memory).store(outputs, from: folder.path).failures == [])
        try work.write(try #require(object(memory)), to: "archive")
        _ = try work.makeFolder("tree")
        try await TestSupport.output("tar", ["-xpzf", work["archive"], "-C", work["tree"]])
        let back = await engine(memory).fetch(
            [InputRequest(from: "mem://bucket/out.tar.zst", to: "model", unpack: .auto)], into: work["back"])
        #expect(back.failures == [])
        for tree in ["tree", "back/model"] {
            #expect(try work.list(tree) == folder.list())
            for (name, mode) in folders {
                let attributes = try FileManager.default.attributesOfItem(atPath: work["\(tree)/\(name)"])
                #expect(attributes[.posixPermissions] as? Int == mode, "\(tree)/\(name)")
                #expect((attributes[.modificationDate] as? Date)?.timeIntervalSince1970 == 1e9, "\(tree)/\(name)")
            }
        }
        try work.write(try #require(object(memory, "flat.tar")), to: "flat.tar")
        let listed = try await TestSupport.output("tar", ["-tf", work["flat.tar"]])
        #expect(listed.split(separator: "\n") == ["d/word"])
    }

    @Test(arguments: PackFormat.allCases.filter { $0 != .none })
    func `names that differ in their spelling alone stay two files`(format: PackFormat) async throws {
        let files = ["e\u{301}.txt", "\u{E9}.txt"]
        for name in files { try folder.write(Array(name.utf8), to: name) }
        let memory = MemoryStore()
        #expect(await engine(memory).store([output(format)], from: folder.path).failures == [])
        let back = await engine(memory).fetch(
            [InputRequest(from: "mem://bucket/out.tar.zst", to: "tree", unpack: .auto)], into: work.path)
        #expect(back.failures == [])
        try work.write(try #require(object(memory)), to: "archive")
        try await TestSupport.output("tar", ["-xf", work["archive"], "-C", work.makeFolder("other")])
        for tree in ["tree", "other"] {
            #expect(try work.list(tree).count == files.count)
            for name in files { #expect(try work.read("\(tree)/\(name)") == Array(name.utf8), "\(tree)") }
        }
    }

    @Test func `packed files go beside others, by priority, and stay packed after a restart`() async throws {
        for name in ["a.log", "b.log", "c.csv"] { try folder.write(name, to: name) }
        var logs = output(.tarGzip, from: "*.log", to: "mem://bucket/logs.tar.gz")
        logs.priority = -1
        let all = OutputRequest(from: "**", to: "mem://bucket/all/")
        let memory = MemoryStore()
        let journal = MemoryJournal()
        for pass in 0..<2 {
            let report = await engine(memory).store([logs, all], from: folder.path, journal: journal)
            #expect(report.failures == [])
            #expect(report.files.map(\.path).sorted() == ["a.log", "b.log", "c.csv", "logs.tar.gz"])
            #expect(memory.state.withLock { $0.writes["logs.tar.gz"] } == 1, "pass \(pass)")
        }
        try folder.write("longer", to: "a.log")
        _ = await engine(memory).store([logs, all], from: folder.path, journal: journal)
        #expect(memory.state.withLock { $0.writes["logs.tar.gz"] } == 2)
    }

    @Test func `nothing matches, or two become one object`() async throws {
        try folder.write("x", to: "x")
        var missing = output(.tar, from: "*.none", to: "mem://bucket/none.tar")
        missing.optional = false
        let report = await engine(MemoryStore()).store([missing], from: folder.path)
        #expect(report.failures.map(\.reason) == [.local(errno: ENOENT)])
        let twice = await engine(MemoryStore()).store(
            [output(.tar, to: "mem://bucket/x"), OutputRequest(from: "x", to: "mem://bucket/x")], from: folder.path)
        #expect(twice.failures.map(\.reason) == [.hostileName])
    }

    @Test(arguments: 0..<8) func `an archive is stored whole or not at all`(seed: UInt64) async throws {
        try folder.write(seededBytes(4_500_000, seed: seed), to: "random")
        let memory = MemoryStore(
            faults: [.reset, .cutShort, .slowDown, .serverError], faultRate: 8 * seed, seed: seed)
        let report = await engine(memory).store([output(.tar)], from: folder.path)
        #expect(memory.state.withLock { $0.uploads.count } == 0, "no upload is left open")
        #expect((object(memory) != nil) == report.isComplete)
        guard let archive = object(memory) else { return }
        try work.write(archive, to: "archive")
        try await TestSupport.output("tar", ["-xf", work["archive"], "-C", work.path])
        #expect(try work.read("random") == folder.read("random"))
    }

    @Test func `what an earlier process began is aborted`() async throws {
        try folder.write("x", to: "x")
        let memory = MemoryStore()
        memory.state.withLock {
            $0.uploads = ["out.tar.zst#old": [1: [1]], "out.tar.zst#new": [1: [2]], "other#1": [:]]
            $0.initiated = [
                "out.tar.zst#old": "2020-01-01T00:00:00.000Z", "out.tar.zst#new": "2030-01-01T00:00:00.000Z",
                "other#1": "2030-01-01T00:00:00.000Z",
            ]
        }
        let journal = MemoryJournal()
        journal.record(UploadRecord(url: "mem://bucket/out.tar.zst", id: "", begun: systemEpochClock()))
        let report = await engine(memory).store([output(.tarZstandard)], from: folder.path, journal: journal)
        #expect(report.failures == [] && journal.uploads.isEmpty)
        #expect(memory.state.withLock { $0.aborted } == ["out.tar.zst#new"])
    }

    @Test func `into a folder it goes in one piece, however large`() async throws {
        try folder.write(seededBytes(3_000_000), to: "random")
        let engine = TransferEngine(
            stores: StoreRegistry(StoreConfiguration(environment: [:])),
            configuration: TransferConfiguration(partSize: 1 << 20))
        let report = await engine.store([output(.tar, to: "file://\(work["out/x.tar"])")], from: folder.path)
        #expect(report.failures == [])
        #expect(report.files.first?.sha256 == Hex.encode(MessageDigest.sha256(try work.read("out/x.tar"))))
        try await TestSupport.output("tar", ["-xf", work["out/x.tar"], "-C", work.path])
        #expect(try work.read("random") == folder.read("random"))
    }
}
