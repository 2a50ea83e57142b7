internal import Basics

/// What a person writes to name objects: a URL of a store's kind (`s3://bucket/key`, `https://…`, `file://…`), a plain path or
/// `-`. The one grammar of all commands and of the agent's configuration. Whether the key is one object, a `prefix/` or
/// a pattern is for the engine to see.
package struct Location: Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with a URL, in words that show nothing of it.
    struct Problem: Error {
        var message: String
        var hint: String?

        init(_ message: String, hint: String? = nil) {
            self.message = message
            self.hint = hint
        }
    }

    /// `nil`: the standard streams.
    let kind: (any StoreKind.Type)?
    /// What names the store and precedes every key, without user name, password or query; see `ResolvedURL.base`.
    let base: String
    /// The bucket or the like, as `kind` understands it.
    let authority: String
    /// As it stands, nothing decoded; where keys are URLs path and query, encoded; a file's path, absolute or relative.
    package let key: String
    /// What a URL carries besides; sent to this place alone.
    let user: String?
    let password: String?
    /// One version of the object.
    package let version: String?

    init(
        _ kind: (any StoreKind.Type)?, base: String = "", authority: String = "", key: String, user: String? = nil,
        password: String? = nil, version: String? = nil
    ) {
        self.version = version
        self.kind = kind
        self.base = base
        self.authority = authority
        self.key = key
        self.user = user
        self.password = password
    }

    /// Throws `.configuration` for what cannot be read as a location.
    package init(_ text: String) throws(TransferError) {
        do throws(Problem) { self = try Self.parse(text) } catch {
            throw TransferError(Self.redact(text), .configuration, error.message, hint: error.hint)
        }
    }

    private static func parse(_ text: String) throws(Problem) -> Location {
        guard !text.isEmpty else { throw Problem("the location is empty") }
        guard !text.utf8.contains(0) else { throw Problem("a location cannot contain NUL") }
        guard text != "-" else { return Location(nil, key: "-") }
        guard let separator = text.firstRange(of: "://"), isScheme(text[..<separator.lowerBound]) else {
            return Location(FileKind.self, key: text)
        }
        let scheme = text[..<separator.lowerBound].lowercased()
        guard let kind = StoreRegistry.kind(of: scheme) else {
            throw Problem("\(scheme):// is not supported", hint: "supported are \(schemes) and plain paths")
        }
        return try kind.parse(scheme, text[separator.upperBound...])
    }

    package static func == (left: Location, right: Location) -> Bool {
        left.kind == right.kind && left.base == right.base && left.key == right.key && left.user == right.user
            && left.password == right.password && left.version == right.version
    }

    /// A location as a URL whoever reads it: an absolute path becomes a `file://` URL, all others are theirs already.
    static func url(of location: String) -> String {
        location.hasPrefix("/") ? "file://" + PercentEncoding.encode(location, keeping: "/") : location
    }

    /// A configured URL as others may read it, in a log or on a pod: without user name, password and query.
    package static func shown(_ url: String) -> String {
        guard let location = try? Location(url) else { return redact(url) }
        return location.isLocal ? url : location.description
    }

    /// Whether a query makes it the URL of one object alone, whatever it ends in: names cannot be put behind it.
    package var hasQuery: Bool { kind?.keysAreURLs == true && key.contains("?") }

    var isStandardStream: Bool { kind == nil }
    package var isLocal: Bool { kind == FileKind.self }
    /// Whether `prefix/` and patterns name many objects here.
    var lists: Bool { kind?.lists ?? false }

    /// Fit for errors and logs: without user name, password and query.
    package var description: String {
        guard kind?.keysAreURLs == true else { return base + key }
        let path = key.prefix { $0 != "?" }
        return base + path + (path.endIndex == key.endIndex ? "" : "?…")
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

extension Location {
    /// `BUCKET/KEY`, as object stores have it.
    static func inBucket(_ kind: any StoreKind.Type, _ scheme: String, _ rest: Substring) throws(Problem) -> Location {
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let bucket = String(rest[..<slash])
        guard isBucket(bucket) else {
            throw Problem("'\(bucket)' is not a bucket name", hint: "write \(scheme)://BUCKET/KEY")
        }
        let key = String(rest[slash...].dropFirst())
        // The limit of S3 and of all that copy it.
        guard key.utf8.count <= 1024 else { throw Problem("the key is longer than 1024 bytes") }
        return Location(kind, base: "\(scheme)://\(bucket)/", authority: bucket, key: key)
    }

    /// Wider than AWS's rule, because other servers allow more.
    private static func isBucket(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name != "." && name != ".."
            && name.utf8.allSatisfy { PercentEncoding.isUnreserved($0) && $0 != UInt8(ascii: "~") }
    }
}

// MARK: - In a configuration

extension Location {
    /// Every scheme there is, as in help and messages.
    private static var schemes: String {
        StoreRegistry.kinds.flatMap { $0.schemes }.map { "\($0)://" }.joined(separator: ", ")
    }

    /// What is wrong with a configured URL, in which placeholders may still stand; `nil` for nothing. Shows no more of it
    /// than its scheme, because the rest may hold a credential.
    package static func problem(of url: String) -> String? {
        guard let separator = url.firstRange(of: "://") else {
            return "expected a URL such as s3://bucket/key; there are \(schemes)"
        }
        let scheme = url[..<separator.lowerBound].lowercased()
        guard let kind = StoreRegistry.kind(of: scheme) else {
            return "no such scheme \(url[..<separator.upperBound]); there are \(schemes)"
        }
        let rest = url[separator.upperBound...]
        guard let authority = kind.authority else {
            return rest.hasPrefix("/") ? nil : "expected an absolute path: \(scheme):///folder/file"
        }
        let given = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        return given.isEmpty ? "expected \(authority) after \(scheme)://" : nil
    }
}

extension TransferredFile {
    /// `url` for readers who know neither our current folder nor our way to write paths: a local path becomes an
    /// absolute `file://` URL (RFC 8089), every other URL stays.
    package var absoluteURL: String {
        guard let location = try? Location(url), location.isLocal, !url.hasPrefix(FileURL.scheme) else { return url }
        return FileURL.text(of: location.key, in: ProcessEnvironment.folder)
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
