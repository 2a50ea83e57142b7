import Testing
import WorkdirProtocol

@testable import Entrypoint

/// Markers on a volume that takes none for a while.
struct MarkerQueueTests {
    private static let full = FileError(operation: "write", path: "x", code: 28)

    /// Writes all but what `refused` names; returns what was written.
    private func flush(_ queue: inout MarkerQueue, refusing refused: Set<String> = []) -> [String] {
        var written: [String] = []
        try? queue.flush { text, path throws(FileError) in
            if refused.contains(path) { throw Self.full }
            written.append("\(path)=\(text)")
        }
        return written
    }

    @Test func whatCannotBeWrittenKeepsItsPlaceAndItsNewestText() {
        var queue = MarkerQueue()
        queue.add("running", to: WorkdirPath.attempt)
        #expect(flush(&queue, refusing: [WorkdirPath.attempt]) == [])
        queue.add("ended", to: WorkdirPath.attempt)
        queue.add("ERROR", to: WorkdirPath.state)
        queue.add("1", to: WorkdirPath.done)
        // `done` without the record that says how would be taken for a success.
        #expect(flush(&queue, refusing: [WorkdirPath.attempt]) == [])
        #expect(flush(&queue) == [".kpipe/try=ended", "state=ERROR", "done=1"])
        #expect(queue.isEmpty)
    }

    @Test func aProbesMarkerWaitsForNoOther() {
        var queue = MarkerQueue()
        queue.add("ended", to: WorkdirPath.attempt)
        queue.add("", to: WorkdirPath.healthy)
        #expect(flush(&queue, refusing: [WorkdirPath.attempt]) == ["healthy="])
        #expect(flush(&queue) == [".kpipe/try=ended"])
    }
}
