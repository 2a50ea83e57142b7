import KubeModel
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct DiagnosisScreenTests {
    private static let screen = DiagnosisScreen(isWide: false, isDetailed: false)

    private static func news(pods: Int, trouble: String? = nil) -> DiagnosisNews {
        var news = DiagnosisNews()
        news.trouble = trouble
        news.pods = (0..<pods).map { number in
            let sketch = PodSketch().container("main", .exit(0)).sidecar().with { $0.metadata.name = "step-\(number)" }
            return PodDiagnosis(sketch.facts(), .ordinary())
        }
        return news
    }

    /// A frame as lines, without what only a terminal understands.
    private static func lines(_ frame: String) -> [String] {
        frame.replacing("\u{1B}[H", with: "").replacing("\u{1B}[K", with: "").replacing("\u{1B}[J", with: "")
            .split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    @Test func `a frame begins at the top and clears what stood there`() {
        let frame = Self.screen.frame(Self.news(pods: 1), now: 1600, .init(rows: 40, columns: 200))
        #expect(frame.hasPrefix("\u{1B}[H1 pod, 1 held open; Ctrl-C ends this\u{1B}[K\n"))
        #expect(frame.hasSuffix("\u{1B}[J"))
        #expect(
            Self.lines(frame).dropFirst(1) == [
                "", "NAMESPACE   POD      CONTAINER   ROLE      STATE           HOLDS OPEN   NEXT",
                "team        step-0   main        main      Completed (0)   no           -",
                "team        step-0   sidecar     sidecar   running         yes          "
                    + "image: its image is swapped for one that exits with 0",
                "", "team/step-0 (Job step): main succeeded; held open by sidecar; main ended 1m40s ago",
            ])
    }

    @Test(arguments: [(1, 24, 80), (50, 24, 80), (3, 5, 20), (3, 1, 1), (0, 2, 10)])
    func `no frame is larger than the screen`(_ pods: Int, _ rows: Int, _ columns: Int) {
        let lines = Self.lines(
            Self.screen.frame(Self.news(pods: pods), now: 1600, .init(rows: rows, columns: columns)))
        #expect(lines.count <= max(1, rows - 1))
        #expect(lines.allSatisfy { $0.count <= max(2, columns) })
        if pods == 50 { #expect(lines.last == "… 181 more lines") }
    }

    @Test func `that it is old is said`() {
        let frame = Self.screen.frame(
            Self.news(pods: 0, trouble: "connection refused"), now: 0, .init(rows: 24, columns: 80))
        #expect(Self.lines(frame)[1] == "OLD: the server cannot be followed: connection refused")
    }
}
