internal import Basics
internal import FoundationEssentials
internal import HTTPTransport

/// What a person writes to name objects: `s3://bucket/key`, `http(s)://…`, `file://…`, a plain path or `-`. Whether the
/// key is one object, a `prefix/` or a pattern is for the engine to see.
package struct Location: Sendable, Equatable, CustomStringConvertible {
    enum Place: Sendable, Hashable {
        case s3(bucket: String)
        /// User name and password, where the URL has them, are sent to this origin alone.
        case web(WebOrigin, user: String?, password: String?)
        case file
        case standardStream
    }

    let place: Place
    /// S3: the key as it stands, nothing decoded. Web: path and query, encoded. File: a path, absolute or relative.
    package let key: String

    package static let supported = "s3://, http://, https://, file:// and plain paths"

    /// Throws `.configuration` for what cannot be read as a location.
    package init(_ text: String) throws(TransferError) {
        func refuse(_ message: String, hint: String? = nil) -> TransferError {
            TransferError(object: Self.redact(text), reason: .configuration, message: message, hint: hint)
        }
        guard !text.isEmpty else { throw refuse("the location is empty") }
        guard !text.utf8.contains(0) else { throw refuse("a location cannot contain NUL") }
        guard text != "-" else {
            (place, key) = (.standardStream, "-")
            return
        }
        guard let separator = text.firstRange(of: "://"), Self.isScheme(text[..<separator.lowerBound]) else {
            (place, key) = (.file, text)
            return
        }
        let rest = text[separator.upperBound...]
        switch text[..<separator.lowerBound].lowercased() {
        case "s3":
            let slash = rest.firstIndex(of: "/") ?? rest.endIndex
            let bucket = String(rest[..<slash])
            guard !bucket.hasPrefix("arn:") else {
                throw refuse(
                    "access points named by ARN are not supported", hint: "use the access point's alias as the bucket")
            }
            guard Self.isBucket(bucket) else {
                throw refuse("'\(bucket)' is not a bucket name", hint: "write s3://BUCKET/KEY")
            }
            key = String(rest[slash...].dropFirst())
            // The limit of S3 and of all that copy it.
            guard key.utf8.count <= 1024 else { throw refuse("the key is longer than 1024 bytes") }
            place = .s3(bucket: bucket)
        case "http", "https":
            guard let url = WebURL(text) else { throw refuse("this is not a URL that can be read") }
            (place, key) = (.web(url.origin, user: url.user, password: url.password), url.target)
        case "file":
            guard rest.hasPrefix("/") || rest.lowercased().hasPrefix("localhost/") else {
                throw refuse("a file URL needs an absolute path", hint: "write file:///PATH")
            }
            let path = rest[(rest.firstIndex(of: "/") ?? rest.startIndex)...]
            guard let decoded = PercentEncoding.decode(path), !decoded.utf8.contains(0) else {
                throw refuse("the path is not percent-encoded UTF-8", hint: "write % as %25")
            }
            (place, key) = (.file, decoded)
        case let scheme:
            throw refuse("\(scheme):// is not supported", hint: "supported are \(Self.supported)")
        }
    }

    /// What precedes the key, without user name, password or query; see `ResolvedURL.base`.
    var base: String {
        switch place {
        case .s3(let bucket): "s3://\(bucket)/"
        case .web(let origin, _, _): origin.text
        case .file: ""
        case .standardStream: ""
        }
    }

    /// A location as a URL whoever reads it: an absolute path becomes a `file://` URL, all others are theirs already.
    static func url(of location: String) -> String {
        location.hasPrefix("/") ? "file://" + PercentEncoding.encode(location, keeping: "/") : location
    }

    package var isStandardStream: Bool { place == .standardStream }
    package var isLocal: Bool { place == .file }

    /// Fit for errors and logs: without user name, password and query.
    package var description: String {
        guard case .web(let origin, _, _) = place else { return base + key }
        return WebURL(origin: origin, target: key).redacted
    }

    private static func isScheme(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, UInt8(ascii: "a") <= first | 0x20, first | 0x20 <= UInt8(ascii: "z") else {
            return false
        }
        return text.utf8.allSatisfy {
            PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: "~")
                || $0 == UInt8(ascii: "+")
        }
    }

    /// Wider than AWS's rule, because other servers allow more.
    private static func isBucket(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
    }

    /// Keeps secrets of a URL that could not be read out of the error about it.
    private static func redact(_ text: String) -> String {
        guard let separator = text.firstRange(of: "://") else { return text }
        let rest = text[separator.upperBound...]
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
        let path = rest[authority.endIndex...].prefix { $0 != "?" }
        return "\(text[..<separator.upperBound])\(host)\(path)"
    }
}

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
