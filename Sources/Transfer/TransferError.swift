internal import Glibc
package import WorkdirProtocol

/// Why an object could not be moved: what was attempted, why it failed, what a person can try.
package struct TransferError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Reason: Sendable, Equatable {
        case notFound
        /// Not the object is missing but what should hold it.
        case noBucket
        case permission
        /// The store asks for less (429, 503 SlowDown); carries its Retry-After.
        case throttled(retryAfter: Duration?)
        case server(status: Int)
        case network
        case timeout
        /// The object changed between two reads (412, other ETag, other size).
        case changed
        /// An upload in parts is gone before it was complete: a rule of the bucket or somebody else has ended it.
        case uploadEnded
        case checksum(expected: String, found: String)
        case length(expected: Int64, found: Int64)
        case archive
        /// A name that would lead outside its folder, or collides with another.
        case hostileName
        /// An output would take the place of the manifest.
        case reservedName
        case noSpace
        case local(errno: Int32)
        case credentials
        case configuration
        case protocolViolation
        case cancelled
        /// The retry budget is used up.
        case exhausted
    }

    /// The object's URL without credentials, or the local path.
    package var object: String
    package var reason: Reason
    /// One clear sentence.
    var message: String
    /// What to try, where something is known to help.
    var hint: String?

    package init(_ object: String, _ reason: Reason, _ message: String, hint: String? = nil) {
        self.object = object
        self.reason = reason
        self.message = message
        self.hint = hint
    }

    package var description: String {
        hint.map { "\(object): \(message) (\($0))" } ?? "\(object): \(message)"
    }

    /// The code with which a command ends that could do nothing about it.
    package var exitCode: ExitCode {
        switch reason {
        case .notFound, .noBucket: .noInput
        case .permission, .credentials: .permission
        case .throttled, .network, .timeout, .changed, .uploadEnded, .exhausted, .cancelled: .temporary
        case .server(let status): status >= 500 ? .temporary : .inputOutput
        case .checksum, .archive, .hostileName: .data
        case .length, .protocolViolation, .noSpace, .reservedName: .inputOutput
        case .local(let errno): ExitCode(errno: errno)
        case .configuration: .configuration
        }
    }
}

extension TransferError {
    /// A file whose name is no text; `object` shows its bytes.
    static func unnameable(_ object: String) -> TransferError {
        TransferError(
            object, .local(errno: EILSEQ), "its name is not UTF-8, so no store can hold it",
            hint: "give it another name")
    }

    /// A prefix or pattern that names no object of the store.
    static func namesNothing(_ object: String, isMarked: Bool = false) -> TransferError {
        TransferError(
            object, .notFound, isMarked ? "names the marker of a folder, and nothing in it" : "names no object",
            hint: isMarked
                ? "see whether what fills the folder has run"
                : "check the name; an input of a step that may be missing is marked as optional")
    }

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
        return TransferError(object, reason, "cannot \(attempted): \(words)", hint: hint)
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
