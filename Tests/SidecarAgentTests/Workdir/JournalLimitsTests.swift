import Basics
import Glibc
import TestSupport
import Testing
import WorkdirProtocol

@testable import SidecarAgent
@testable import Transfer

/// Where main can write, the agent's memory is read as a stranger's.
@Suite("The agent's memory")
struct JournalLimitsTests {
    private let folder: TemporaryFolder
    private let handle: FolderHandle

    init() throws {
        folder = try TemporaryFolder("journal")
        handle = try FolderHandle(path: folder.path)
    }

    static func stored(_ number: Int) -> StoredRecord {
        StoredRecord(
            path: "f\(number)", url: "file:///o/f\(number)", size: 1,
            file: FileIdentity(size: 1, modified: 1, inode: UInt64(number)))
    }

    static let change = StateChange("A", previous: "P")

    @Test("one larger than any agent leaves is nobody's, and costs nothing")
    func oversized() throws {
        let journal = try Journal.open(JournalContent(), in: handle, .shared) { _ in }
        _ = journal.commit(.init(), [Self.change], at: .init(milliseconds: 1))
        #expect(Journal.read(in: handle, .shared)?.content.sequence == 1)
        truncate(folder["journal"], 550 << 20)
        #expect(Journal.read(in: handle, .shared) == nil)
    }

    @Test("lines without an end, and bytes that are no journal, are passed over")
    func damaged() throws {
        let good = try JournalLine.encode(.stored(Self.stored(1)))
        let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 200 << 10) + [UInt8(ascii: "\n")]
        try folder.write(endless + good + [0xFF, 0x0A, 0x0A] + endless + good.dropLast(3), to: "journal")
        let found = try #require(Journal.read(in: handle, .shared))
        #expect(found.content.stored.count == 1)
        #expect(found.damaged == 4)
    }

    @Test("a pipe or a link in its place counts as none", arguments: [true, false])
    func noFile(_ isPipe: Bool) throws {
        if isPipe { mkfifo(folder["journal"], 0o600) } else { symlink("/proc/self/environ", folder["journal"]) }
        #expect(Journal.read(in: handle, .shared) == nil)
        let journal = try Journal.open(JournalContent(), in: handle, .shared) { _ in }
        _ = journal.commit(.init(), [Self.change], at: .init(milliseconds: 1))
        #expect(Journal.read(in: handle)?.content.sequence == 1)
    }

    @Test("files beyond a bound are forgotten, steps of the lifecycle never")
    func bounds() throws {
        let limits = JournalLimits(bytes: 8 << 10, files: 10)
        let journal = try Journal.open(JournalContent(), in: handle, limits) { _ in }
        for number in 0..<100 { journal.record(Self.stored(number)) }
        _ = journal.commit(.init(), [Self.change], at: .init(milliseconds: 1))
        #expect((11..<100).contains(journal.content.stored.count))
        let found = try #require(Journal.read(in: handle, limits))
        #expect(found.content.sequence == 1)
        #expect(found.content.stored.count == 10)
        #expect(found.damaged == 0)
    }

    static let ours = VolumeIdentity(epoch: "e", pod: "p", boot: "b", name: nil)

    @Test(
        "what a starting agent makes of what it finds",
        arguments: [
            (nil, false, "b", "fresh"), (nil, true, "b", "stale"), ("p", true, "b", "resumed"),
            ("p", false, "b", "resumed"), ("p", true, "c", "rebooted"), ("p", false, "c", "fresh"),
            ("q", true, "b", "stale"), ("q", false, "b", "stale"),
        ] as [(String?, Bool, String, String)])
    func condition(_ pod: String?, _ hasLeftovers: Bool, _ boot: String, _ expected: String) {
        let journal = pod.map { VolumeIdentity(epoch: "e", pod: $0, boot: "b", name: nil) }
        let claim = VolumeClaim(pod: "p", name: nil, boot: boot)
        #expect(VolumeCondition.judge(journal: journal, hasLeftovers: hasLeftovers, claim: claim).name == expected)
    }
}
