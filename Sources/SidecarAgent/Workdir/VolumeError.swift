import Glibc
package import WorkdirProtocol

/// The volume cannot be used as it is.
package struct VolumeError: Error, Sendable, Equatable, CustomStringConvertible {
    package var exitCode: ExitCode
    /// What was attempted, why it failed, what to try.
    package var message: String

    package init(_ exitCode: ExitCode, _ message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    package var description: String { message }

    /// The error of the system call that has just failed.
    static func last(_ attempted: String, _ path: String) -> VolumeError {
        let code = errno
        let why = "cannot \(attempted) \(path): \(String(cString: strerror(code)))"
        return switch code {
        case EACCES, EPERM, EROFS:
            VolumeError(
                .permission, why + " (the agent needs to write there: set fsGroup, or one user for both containers)")
        case ENOSPC, EDQUOT:
            VolumeError(.inputOutput, why + " (raise the volume's sizeLimit)")
        default:
            VolumeError(.inputOutput, why)
        }
    }
}
