import KubeModel
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct DiagnosisBoardTests {
    private static let uid = ObjectUID("a6b73055-19c3-44db-b7ef-6e433c894ecf")

    private static func diagnosis(_ sketch: PodSketch, now: Int64 = 1600) -> PodDiagnosis {
        PodDiagnosis(sketch.facts(), .ordinary(now: now))
    }

    @Test func `what is new is told once`() {
        var board = DiagnosisBoard()
        let pod = Self.diagnosis(PodSketch().container("main", .up).sidecar())
        let first = board.update([Self.uid: pod])
        #expect(first.changed == [.init(pod)])
        #expect(first.pods == [pod])
        let second = board.update([Self.uid: pod])
        #expect(second.changed.isEmpty)
        #expect(second.pods == [pod])
    }

    @Test func `of a change only the containers that differ are told`() {
        var board = DiagnosisBoard()
        let busy = PodSketch().container("main", .up)
        _ = board.update([Self.uid: Self.diagnosis(busy.sidecar())])
        #expect(board.open.isEmpty)
        let ended = Self.diagnosis(PodSketch().container("main", .exit(0)).sidecar())
        let news = board.update([Self.uid: ended])
        #expect(news.changed.first?.rows.map(\.container) == ["main", "sidecar"])
        #expect(board.open == [Self.uid])
        let crashed = Self.diagnosis(PodSketch().container("main", .exit(0)).sidecar("sidecar", .exit(1)))
        #expect(board.update([Self.uid: crashed]).changed.first?.rows.map(\.container) == ["sidecar"])
    }

    @Test func `that a wait has become shorter is nothing new`() {
        var board = DiagnosisBoard()
        let pod = PodSketch().container("main", .exit(0)).sidecar().progress("sidecar=image@1590/0")
        _ = board.update([Self.uid: Self.diagnosis(pod, now: 1600)])
        let news = board.update([Self.uid: Self.diagnosis(pod, now: 1601)])
        #expect(news.changed.isEmpty)
        #expect(news.pods.first?.rows.last?.next == "image is under way; the next in 84 s")
        #expect(board.update([Self.uid: Self.diagnosis(pod, now: 1690)]).changed.count == 1)
    }

    @Test func `who is gone is told unless a namesake is there`() {
        var board = DiagnosisBoard()
        let pod = Self.diagnosis(PodSketch().container("main", .up).sidecar())
        let other = ObjectUID("b6b73055-19c3-44db-b7ef-6e433c894ecf")
        _ = board.update([Self.uid: pod])
        #expect(board.update([Self.uid: nil, other: pod]).gone.isEmpty)
        #expect(board.update([other: nil]).gone == [pod.pod])
        #expect(board.update([other: nil]).gone.isEmpty)
    }
}
