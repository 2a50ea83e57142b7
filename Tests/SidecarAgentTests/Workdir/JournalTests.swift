import Basics
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import SidecarAgent
@testable import Transfer

@Suite struct JournalTests {
    private let folder: TemporaryFolder
    private let volume: Volume

    init() throws {
        folder = try TemporaryFolder("journal")
        volume = try Volume(folder.path, openToAll: false)
    }

    private func open() throws -> Journal {
        try Journal.open(Journal.read(in: volume.own)?.content ?? JournalContent(), in: volume.own) { fault in
            Issue.record("\(fault)")
        }
    }

    private static func stored(_ number: Int, size: Int64 = 1) -> StoredRecord {
        StoredRecord(
            path: "d/\(number)", url: "s3://b/d/\(number)", size: size, etag: "\"e\"",
            sha256: String(repeating: "0", count: 64),
            file: FileIdentity(size: size, modified: 2, inode: 3))
    }

    private static func fetched(_ number: Int) -> FetchedRecord {
        FetchedRecord(
            path: "i/\(number)", url: "s3://b/i/\(number)", size: 1, file: FileIdentity(size: 1, modified: 2, inode: 3))
    }

    @Test func `what is recorded is found, by a successor too`() throws {
        for number in 0..<3 {
            let journal = try open()
            for earlier in 0..<number {
                #expect(journal.stored(at: "s3://b/d/\(earlier)") == Self.stored(earlier))
                #expect(journal.fetched("i/\(earlier)") == Self.fetched(earlier))
            }
            #expect(journal.stored(at: "s3://b/d/\(number)") == nil)
            journal.record(Self.stored(number, size: 9))
            journal.record(Self.fetched(number))
            journal.record(Self.stored(number))
            journal.record(UploadRecord(url: "s3://b/u\(number)", id: "id", begun: nil))
            #expect(journal.stored(at: "s3://b/d/\(number)") == Self.stored(number))
            #expect(journal.upload(at: "s3://b/u0")?.id == "id")
        }
    }

    @Test func `names are bytes`() throws {
        let journal = try open()
        for (size, name) in [(1, "s3://b/\u{E9}"), (2, "s3://b/e\u{301}")] as [(Int64, String)] {
            var record = Self.stored(0, size: size)
            record.url = name
            journal.record(record)
        }
        #expect(journal.stored(at: "s3://b/\u{E9}")?.size == 1)
        #expect(journal.stored(at: "s3://b/e\u{301}")?.size == 2)
    }

    /// Far more lines than records: the journal is rewritten on the way, and every record is found in its new place.
    @Test func `a journal that is mostly outdated is rewritten`() throws {
        let journal = try open()
        let rounds = 4 * Journal.compactionThreshold / 100
        for round in 0..<rounds {
            for number in 0..<100 { journal.record(Self.stored(number, size: Int64(round))) }
        }
        for number in 0..<100 {
            #expect(journal.stored(at: "s3://b/d/\(number)") == Self.stored(number, size: Int64(rounds - 1)))
        }
        let size = try #require(volume.own.read(Journal.name, limit: 1 << 30)).bytes.count
        #expect(size < 3 * Journal.compactionThreshold * 300)
        #expect(journal.content.stored.count == 100)
    }

    @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
    func `on a full disk a successor goes on from the old one`() async throws {
        let small = try TemporaryFolder("full")
        try await output("mount", ["-t", "tmpfs", "-o", "size=64k", "none", small.path])
        defer { umount(small.path) }
        let volume = try Volume(small.path, openToAll: false)
        var content = JournalContent()
        content.identity = VolumeIdentity(epoch: "e", pod: "p", boot: "b", name: nil)
        let first = try Journal.open(content, in: volume.own) { Issue.record("\($0)") }
        for number in 0..<40 { first.record(Self.stored(number)) }
        _ = try? small.write([UInt8](repeating: 0, count: 1 << 20), to: "filling")
        let file = Glibc.open(small["filling"], O_WRONLY | O_CREAT | O_APPEND, 0o644)
        while write(file, [UInt8](repeating: 0, count: 512), 512) > 0 {}
        close(file)
        let faults = Mutex(0)
        let found = try #require(Journal.read(in: volume.own)).content
        let second = try Journal.open(found, in: volume.own) { _ in faults.withLock { $0 += 1 } }
        #expect(faults.withLock { $0 } == 1)
        #expect(second.stored(at: "s3://b/d/39") == Self.stored(39))
        var other = JournalContent()
        other.identity = VolumeIdentity(epoch: "another", pod: "p", boot: "b", name: nil)
        #expect(throws: VolumeError.self) { _ = try Journal.open(other, in: volume.own) { _ in } }
        // Once there is room again, it goes on where it was.
        try FileManager.default.removeItem(atPath: small["filling"])
        second.record(Self.stored(40))
        let third = try Journal.open(try #require(Journal.read(in: volume.own)).content, in: volume.own) {
            Issue.record("\($0)")
        }
        #expect(third.stored(at: "s3://b/d/40") == Self.stored(40) && third.stored(at: "s3://b/d/0") == Self.stored(0))
    }

    @Test func `torn and damaged lines cost their own record alone`() throws {
        do {
            let journal = try open()
            for number in 0..<3 { journal.record(Self.stored(number)) }
        }
        var bytes = try #require(volume.own.read(Journal.name, limit: 1 << 20)).bytes
        let starts = bytes.indices.filter { $0 == 0 || bytes[$0 - 1] == UInt8(ascii: "\n") }
        // The middle record rots, the last is torn by a kill.
        bytes[starts[starts.count - 2] + 40] ^= 1
        bytes.removeLast(10)
        try volume.own.replace(Journal.name, with: bytes)
        #expect(Journal.read(in: volume.own)?.damaged == 2)
        let journal = try open()
        #expect(journal.stored(at: "s3://b/d/0") == Self.stored(0))
        #expect(journal.stored(at: "s3://b/d/1") == nil)
        #expect(journal.stored(at: "s3://b/d/2") == nil)
        journal.record(Self.stored(2))
        #expect(journal.stored(at: "s3://b/d/2") == Self.stored(2))
    }

    @Test func `lines longer than a piece are read whole`() throws {
        let journal = try open()
        var long = Self.stored(1)
        long.url = "s3://b/" + String(repeating: "x", count: 20_000)
        journal.record(long)
        for number in 2..<2_000 { journal.record(Self.stored(number)) }
        #expect(journal.stored(at: long.url) == long)
        let again = try open()
        #expect(again.stored(at: long.url) == long)
        #expect(again.stored(at: "s3://b/d/1999") == Self.stored(1999))
        #expect(again.content.stored.count == 1_999)
    }
}
