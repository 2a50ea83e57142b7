internal import Glibc

/// What stands at a path, as its mode tells: a file, a folder, a link, or what a copy neither makes nor reads.
struct EntryKind: Equatable {
    private let format: mode_t

    init(_ mode: mode_t) { format = mode & S_IFMT }

    /// What it is where it is none of the three.
    var special: String? {
        switch format {
        case S_IFREG, S_IFDIR, S_IFLNK: nil
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        default: "a device"
        }
    }

    /// Why it is left out of what a folder holds; `nil` for a file, and for a folder, which is looked into.
    var note: String? { special.map { "\($0) is not stored" } }

    /// The same of a link that leads to it.
    var noteOfLink: String? {
        switch format {
        case S_IFREG: nil
        case S_IFDIR: "a link to a folder is not followed"
        default: "a link to something that is no file is not stored"
        }
    }
}
