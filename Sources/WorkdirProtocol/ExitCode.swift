/// Exit codes of every command here, in the manner of sysexits(3).
package enum ExitCode: Int32, Sendable, CaseIterable {
    case ok = 0
    /// The command line is wrong.
    case usage = 64
    /// Data is not what it should be: checksum, archive, document.
    case data = 65
    /// An input is missing.
    case noInput = 66
    /// Our own defect.
    case software = 70
    /// Reading or writing failed: disk, upload.
    case inputOutput = 74
    /// Temporary: retries used up; trying again later may help.
    case temporary = 75
    case permission = 77
    case configuration = 78
}
