import Basics
import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// A manifest beside what it names: in a folder, in a store, in a copy of it.
struct ManifestCheckTests {
    private static let content = seededBytes(3_000_000)

    private func file(_ path: String, _ bytes: [UInt8], checksum: Bool = true) -> Manifest.File {
        var file = Manifest.File(
            path: path, url: "mem://bucket/\(path)", size: Int64(bytes.count),
            sha256: Hex.encode(MessageDigest.sha256(bytes)))
        if checksum { file.checksum = StreamTransfer.checksum(bytes, .crc32c).text }
        return file
    }

    private func verdicts(
        _ files: [Manifest.File], _ memory: MemoryStore, at place: String? = nil, reads: Bool = true
    ) async throws -> [(String, ManifestCheck.Verdict)] {
        let engine = TransferEngine(
            stores: MemoryResolver(store: memory), configuration: TransferConfiguration(retry: quickRetries))
        let check = try ManifestCheck(place, engine: engine, reads: reads)
        var found: [(String, ManifestCheck.Verdict)] = []
        await check.verdicts(on: files) { found.append(($0.path, $1)) }
        #expect(found.map(\.0) == files.map(\.path), "all of them, in their order")
        return found
    }

    private func code(_ verdict: ManifestCheck.Verdict) -> ExitCode {
        if case .fails(let error) = verdict { error.exitCode } else { .ok }
    }

    @Test(arguments: [true, false])
    func `objects are read where they were stored, all of them, and each fault is told`(reads: Bool) async throws {
        var damaged = Self.content
        damaged[1_234_567] ^= 1
        let memory = MemoryStore([
            "good": Self.content, "damaged": damaged, "short": [1], "empty": [], "unknown": damaged,
        ])
        let files = [
            file("good", Self.content), file("damaged", Self.content), file("missing", [1]), file("short", [1, 2]),
            file("empty", []), file("unknown", Self.content, checksum: false),
        ]
        let found = try await verdicts(files, memory, reads: reads).map { code($0.1) }
        #expect(found == [.ok, .data, .noInput, .data, .ok, reads ? .data : .ok])
        let isRead = memory.state.withLock { !$0.reads.isEmpty }
        #expect(isRead == reads, "without reading, the store's own words are compared")
    }

    @Test func `a copy below another prefix is compared by paths`() async throws {
        let memory = MemoryStore(["copy/a/b": Self.content, "copy/c": [7]])
        let files = [file("a/b", Self.content), file("c", [8])]
        for place in ["mem://bucket/copy", "mem://bucket/copy/"] {
            #expect(try await verdicts(files, memory, at: place).map { code($0.1) } == [.ok, .data])
        }
    }

    @Test(
        arguments: [
            ("r/a/b", "s3://bucket/out/a/b", "a/b"), ("r/a", "s3://bucket/out/a", "a"), ("a", "s3://bucket/out/a", nil),
            ("a/b", "s3://bucket/out/a/b", nil), ("r/a", "s3://bucket/other", "other"),
            ("r/é", "https://h/o/%C3%A9", "é"),
            ("r/a?b", "s3://bucket/out/a?b", "a?b"), ("a", "https://h/o/x?sig=y/z", "x"),
        ] as [(String, String, String?)])
    func `what was stored has a name in a copy of that place`(path: String, url: String, name: String?) {
        #expect(Manifest.File(path: path, url: url, size: 0, sha256: nil).storedName == name)
    }

    @Test(arguments: [true, false])
    func `what was fetched again from where an output's folder went is found there`(isStore: Bool) async throws {
        let folder = try TemporaryFolder("verify-fetched")
        try folder.write(Self.content, to: "a/b")
        try folder.write([7], to: "c")
        let memory = MemoryStore(["copy/a/b": Self.content, "copy/c": [7]])
        var files = [file("r/a/b", Self.content), file("r/c", [8]), file("r/none", [1])]
        for index in files.indices { files[index].url = "mem://bucket/out/" + files[index].path.dropFirst(2) }
        let found = try await verdicts(files, memory, at: isStore ? "mem://bucket/copy/" : folder.path)
        #expect(found.map { code($0.1) } == [.ok, .data, .noInput])
    }

    @Test func `a folder is compared as before, and what climbs out of it is refused`() async throws {
        let folder = try TemporaryFolder("verify")
        try folder.write(Self.content, to: "a/b")
        try folder.write("x", to: "size")
        var size = file("size", [UInt8(ascii: "y")])
        size.sha256 = nil
        let files = [file("a/b", Self.content), size, file("../a/b", Self.content), file("none", [1])]
        let found = try await verdicts(files, MemoryStore(), at: folder.path)
        #expect(found.map { code($0.1) } == [.ok, .ok, .data, .noInput])
        #expect(found[1].1 == .sizeMatches)
    }

    @Test func `checksums are written and read as text`() {
        let sum = Checksum(.crc32c, [1, 2, 3, 4])
        #expect(sum.text == "crc32c:01020304")
        #expect(Checksum(text: sum.text) == sum)
        for text in ["", "crc32c", "crc32c:", "crc32c:0102", "none:01020304"] { #expect(Checksum(text: text) == nil) }
    }
}
