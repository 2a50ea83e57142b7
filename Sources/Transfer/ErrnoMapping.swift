import Glibc
import WorkdirProtocol

extension ExitCode {
    /// What a failed system call means for the command's end.
    init(errno code: Int32) {
        switch code {
        case EACCES, EPERM, EROFS: self = .permission
        case ENOENT: self = .noInput
        default: self = .inputOutput
        }
    }
}
