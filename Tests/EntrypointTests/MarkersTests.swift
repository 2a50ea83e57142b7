import TestSupport
import Testing
import WorkdirProtocol

@testable import Entrypoint

@Suite("Markers of another life of the volume")
struct MarkersTests {
    /// The volume's epoch, pod and host; what `ready` and `failed` name; who asks; whether they count.
    static let cases: [(epoch: EpochRecord?, named: String, pod: String, host: String, counts: Bool)] = [
        (nil, "e", "p", "h", true),
        (EpochRecord(epoch: "e", pod: "p", host: "h"), "e", "p", "h", true),
        (EpochRecord(epoch: "e", pod: "p", host: "h"), "", "p", "h", true),
        (EpochRecord(epoch: "e", pod: "p", host: "h"), "d", "p", "h", false),
        (EpochRecord(epoch: "e", pod: "q", host: "h"), "e", "p", "h", false),
        (EpochRecord(epoch: "e", pod: "q", host: "h"), "e", "", "h", true),
        (EpochRecord(epoch: "e", pod: "q", host: "i"), "e", "", "h", false),
        (EpochRecord(epoch: "e", pod: "", host: "i"), "e", "p", "h", false),
        (EpochRecord(epoch: "e", pod: "", host: ""), "e", "p", "h", true),
        (EpochRecord(epoch: "e", pod: "p", host: "i"), "e", "p", "h", true),
    ]

    @Test(arguments: 0..<cases.count) func whatAnotherPodsAgentLeftSaysNothing(_ index: Int) throws {
        let (epoch, named, pod, host, counts) = Self.cases[index]
        let folder = try TemporaryFolder()
        if let epoch { try folder.write(epoch.text, to: WorkdirPath.epoch) }
        try folder.write("\(named)\n", to: WorkdirPath.ready)
        let verdict = TryVerdict(attempt: 0, exitCode: 66, message: "m", epoch: named)
        for path in [WorkdirPath.failed, WorkdirPath.stored] { try folder.write(verdict.text, to: path) }
        let snapshot = Markers(workdir: WorkdirFolder(root: folder.path), pod: pod, host: host).snapshot()
        #expect(snapshot.isReady == counts)
        #expect((snapshot.failed != nil) == counts)
        #expect((snapshot.stored != nil) == counts)
    }
}
