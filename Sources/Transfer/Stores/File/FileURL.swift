internal import Basics
internal import FoundationEssentials
internal import HTTPTransport

extension TransferredFile {
    /// `url` for readers who know neither our current folder nor our way to write paths: a local path becomes an
    /// absolute `file://` URL (RFC 8089), every other URL stays.
    package var absoluteURL: String {
        guard let location = try? Location(url), location.isLocal, !url.hasPrefix(FileURL.scheme) else { return url }
        return FileURL.text(of: location.key, in: FileManager.default.currentDirectoryPath)
    }
}

enum FileURL {
    static let scheme = "file://"

    /// - Parameter folder: where a relative path begins.
    static func text(of path: String, in folder: String) -> String {
        let whole = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        let segments = whole.split(separator: "/", omittingEmptySubsequences: true).filter { $0 != "." }
        let end = whole.hasSuffix("/") && !segments.isEmpty ? "/" : ""
        return scheme + "/" + PercentEncoding.encode(segments.joined(separator: "/"), keeping: "/") + end
    }
}
