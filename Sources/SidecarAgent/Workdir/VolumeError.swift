import Glibc
public import WorkdirProtocol

/// The volume cannot be used as it is.
public struct VolumeError: Error, Sendable, Equatable, CustomStringConvertible {
    public var exitCode: ExitCode
    /// What was attempted, why it failed, what to try.
    public var message: String

    public init(_ exitCode: ExitCode, _ message: String) {
        self.exitCode = exitCode
        self.message = message
    }

    public var description: String { message }

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
