import Glibc
import Terminator

/// A watch of pods as a table that is drawn anew in place, on a terminal.
struct DiagnoseScreen {
    struct Size: Equatable {
        var rows: Int
        var columns: Int
    }

    let isWide: Bool
    let isDetailed: Bool

    private static let home = "\u{1B}[H"
    private static let clearLine = "\u{1B}[K"
    private static let clearRest = "\u{1B}[J"
    /// Makes room, so that what stands on the screen is not lost but moved up.
    static func opening(_ size: Size) -> String { String(repeating: "\n", count: size.rows) }

    /// - Parameter now: seconds since 1970.
    func frame(_ news: DiagnosisNews, now: Int64, _ size: Size) -> String {
        let report = DiagnosisReport(pods: news.pods, isDetailed: isDetailed)
        let held = news.pods.count(where: \.isHeldOpen)
        var lines = ["\(news.pods.count) pods, \(held) held open; Ctrl-C ends this"]
        if let trouble = news.trouble { lines.append("OLD: the server cannot be followed: \(trouble)") }
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

    /// Of the terminal that is standard output; `nil` where that is none.
    static var size: Size? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else {
            return Size(rows: 24, columns: 80)
        }
        return Size(rows: Int(window.ws_row), columns: Int(window.ws_col))
    }
}
