internal import Basics
internal import Glibc

/// Reads what configurations consist of: kubeconfigs, tokens, certificates. Pipes are read, too (`<(…)` of a shell).
enum LocalFile {
    static let limit = 4 << 20

    /// The whole file; refused beyond `limit` bytes.
    static func bytes(_ path: String) throws(SmallFile.Failure) -> [UInt8] {
        try SmallFile.bytes(path, limit: limit, pipes: true)
    }

    /// The file as text without white space at its ends.
    static func text(_ path: String) throws(SmallFile.Failure) -> String {
        try SmallFile.text(path, limit: limit, pipes: true)
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// `path` as seen from `folder`.
    static func resolve(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") || folder.isEmpty ? path : "\(folder)/\(path)"
    }

    /// Everything before the last slash; empty for the working folder.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
