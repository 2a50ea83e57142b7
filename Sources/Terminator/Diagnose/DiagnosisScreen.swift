internal import Basics

/// A watch of pods as a table that is drawn anew in place, on a terminal. Pure.
package struct DiagnosisScreen: Sendable {
    package struct Size: Sendable, Equatable {
        package var rows: Int
        package var columns: Int

        package init(rows: Int, columns: Int) {
            self.rows = rows
            self.columns = columns
        }
    }

    private let isWide: Bool
    private let isDetailed: Bool

    private static let home = "\u{1B}[H"
    private static let clearLine = "\u{1B}[K"
    private static let clearRest = "\u{1B}[J"

    /// - Parameter isDetailed: each pod is explained in full.
    package init(isWide: Bool, isDetailed: Bool) {
        self.isWide = isWide
        self.isDetailed = isDetailed
    }

    /// Makes room, so that what stands on the screen is not lost but moved up.
    package static func opening(_ size: Size) -> String { String(repeating: "\n", count: size.rows) }

    /// What to write now; no line is longer than the screen is wide, and there are no more than it has.
    ///
    /// - Parameter now: seconds since 1970.
    package func frame(_ news: DiagnosisNews, now: Int64, _ size: Size) -> String {
        let report = DiagnosisReport(pods: news.pods, isDetailed: isDetailed)
        let held = news.pods.count(where: \.isHeldOpen)
        var lines = ["\(String(counting: news.pods.count, "pod")), \(held) held open; Ctrl-C ends this"]
        if let trouble = news.trouble { lines.append("OLD: the server cannot be followed: \(trouble.printable())") }
        lines.append("")
        lines += DiagnosisText.table(report, isWide: isWide, now: now)
            .split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        while lines.last?.isEmpty == true { lines.removeLast() }
        let room = max(1, size.rows - 1)
        if lines.count > room {
            let hidden = lines.count - room + 1
            lines.removeSubrange((room - 1)...)
            lines.append("… \(hidden) more lines")
        }
        let cut = lines.map { $0.count > size.columns ? "\($0.prefix(max(1, size.columns - 1)))…" : $0 }
        return Self.home + cut.map { "\($0)\(Self.clearLine)\n" }.joined() + Self.clearRest
    }
}
