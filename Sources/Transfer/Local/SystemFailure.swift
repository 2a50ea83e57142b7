import Glibc
import WorkdirProtocol

extension TransferError {
    /// A system call that failed on `object`: what was attempted, the system's own words, and what may help.
    static func system(_ attempted: String, _ object: String, _ code: Int32 = errno) -> TransferError {
        let words = String(cString: strerror(code))
        let (reason, hint): (Reason, String?) =
            switch code {
            case ENOSPC: (.noSpace, "free some space, or give the volume a larger size limit")
            case EDQUOT: (.noSpace, "the quota of this user or volume is used up")
            case EROFS: (.permission, "the file system is mounted read-only")
            case EACCES, EPERM: (.permission, "check owner, mode and security context of the folder")
            case ELOOP, EXDEV: (.hostileName, "a symbolic link or a mount is in the way; nothing is written through it")
            case ENAMETOOLONG: (.hostileName, "a name may have at most 255 bytes")
            case EISDIR, ENOTDIR, ENOTEMPTY, EEXIST:
                (.local(errno: code), "a file and a folder of the same name are in each other's way")
            case EMFILE, ENFILE: (.local(errno: code), "too many files are open; lower the concurrency")
            default: (.local(errno: code), nil)
            }
        return TransferError(object: object, reason: reason, message: "cannot \(attempted): \(words)", hint: hint)
    }
}

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
