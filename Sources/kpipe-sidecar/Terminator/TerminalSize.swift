import Glibc
import Terminator

extension DiagnosisScreen.Size {
    /// Of the terminal that is standard output; `nil` where that is none.
    static var ofTerminal: Self? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var window = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0, window.ws_col > 0 else {
            return Self(rows: 24, columns: 80)
        }
        return Self(rows: Int(window.ws_row), columns: Int(window.ws_col))
    }
}
