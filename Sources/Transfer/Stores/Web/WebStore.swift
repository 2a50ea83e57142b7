internal import Basics
internal import HTTPTransport

/// One web server. Keys are paths with their query, as they stand in the URL.
struct WebStore: ObjectStore {
    let traits = StoreTraits(
        ranges: true, lists: WebKind.lists, multipart: nil, checksum: nil, keysAreURLs: WebKind.keysAreURLs)
    let origin: WebOrigin
    var user: String?
    var password: String?
    let client: any HTTPRequesting
    let authorization: WebAuthorization
    let timeouts: HTTPTimeouts
    let now: EpochClock

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        do throws(TransferError) {
            let head = try await send("HEAD", key, headers: [:], Self.document).head
            if head.isSuccess { return WebResponse.info(key, head) }
            // Servers that know no HEAD, and signed URLs that are signed for GET alone.
            guard [400, 403, 404, 405, 406, 415, 500, 501].contains(head.status) else { throw failure(head, key) }
        } catch  where error.reason == .network || error.reason == .timeout {
            // Some hang up on HEAD, or leave it without an answer.
        }
        let found = try await send("GET", key, headers: ["Range": "bytes=0-0"], .head).head
        if found.status == 416 {
            let range = found.headers["Content-Range"].flatMap(ContentRange.init)
            if range?.total == 0 { return ObjectInfo(key: key, size: 0, etag: found.headers["ETag"]) }
        }
        // Neither HEAD nor a range: what the object is, the plain request will tell.
        if [400, 406, 416, 417, 501].contains(found.status) { return .plain(key) }
        guard found.isSuccess else { throw failure(found, key) }
        return WebResponse.info(key, found)
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        throw TransferError(
            url(prefix).redacted, .configuration, "a web server cannot be listed", hint: "name each object")
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        var headers: HTTPHeaders = ["Accept-Encoding": "identity"]
        if let range { headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
        // A weak ETag never matches (RFC 9110 §13.1.1): the time of change stands in.
        if let etag = matching?.etag, !etag.hasPrefix("W/") {
            headers["If-Match"] = etag
        } else if let modified = matching?.lastModified {
            headers["If-Unmodified-Since"] = modified
        }
        let check = ResponseCheck(
            object: url(key).redacted, key: key, range: range, matching: matching, describe: WebResponse.info)
        let answer = try await send("GET", key, headers: headers, .object(check, sink))
        guard answer.head.isSuccess else {
            let failure = failure(answer.head, key)
            if let range, let size = matching?.size, range.upperBound <= size {
                let total = answer.head.headers["Content-Range"].flatMap(ContentRange.init)?.total
                // It has told of the object: what it refuses may be the range alone, whatever its reason.
                let refusesRanges =
                    answer.head.status == 416
                    ? total ?? size == size : StoreRetries.classify(failure) == .permanent
                if refusesRanges {
                    throw TransferError(
                        failure.object, .protocolViolation,
                        "the server refuses bytes \(range.lowerBound) to \(range.upperBound - 1) of \(size) "
                            + "(\(answer.head.status))")
                }
            }
            throw failure
        }
        return answer.info ?? check.info(answer.head)
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        let headers = Self.headers(of: attributes, to: origin)
        var head = try await send("PUT", key, headers: headers, body: content, Self.document).head
        if head.status == 409, content.rewind() {
            // Of WebDAV: a folder above it is missing (RFC 4918 §9.7.1).
            for folder in Self.folders(above: key) {
                _ = try await send("MKCOL", folder, headers: [:], Self.document)
            }
            head = try await send("PUT", key, headers: headers, body: content, Self.document).head
        }
        guard head.isSuccess else { throw failure(head, key) }
        return ObjectInfo(
            key: key, size: content.length, etag: head.headers["ETag"], lastModified: head.headers["Last-Modified"])
    }

    /// The highest first. Who may not make the upper ones may make the others.
    private static func folders(above key: String) -> [String] {
        String(key.prefix { $0 != "?" }).foldersAbove.dropFirst().map { "\($0)/" }
    }

    static func headers(of attributes: ObjectAttributes, to origin: WebOrigin) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": attributes.type]
        if let checksum = attributes.checksum, checksum.algorithm == .sha256 {
            headers["Content-Digest"] = "sha-256=:\(checksum.base64):"
        }
        // A signed URL of Azure's lets nobody store who does not say what kind of blob it is to become.
        if [".blob.core.", ".blob.storage."].contains(where: origin.host.mentions) {
            headers["x-ms-blob-type"] = "BlockBlob"
        }
        return headers
    }

    /// An answer whose body nobody needs but to explain an error.
    private static let document = ResponseGate.Wanted.document(limit: ResponseGate.errorDocument)

    /// One request, redirects followed.
    private func send(
        _ method: String, _ key: String, headers: HTTPHeaders, body: (any ObjectContent)? = nil,
        _ wanted: ResponseGate.Wanted
    ) async throws(TransferError) -> ResponseGate.Answer {
        let object = url(key).redacted
        var headers = headers
        headers["Authorization"] = try authorization.header(url(key), user: user, password: password)
        var target = url(key)
        var redirects = WebRedirect()
        while true {
            let request = HTTPRequest(
                method, target.text, headers: headers, body: body.map { .source($0) } ?? .none,
                timeouts: timeouts)
            let answer = try await ResponseGate(wanted).run(request, on: client, object: object)
            switch redirects.step(
                status: answer.head.status, location: answer.head.headers["Location"], method: method, from: target)
            {
            case nil: return answer
            case .refuse(let why): throw TransferError(object, .configuration, why)
            case .follow(let next, let keepsCredentials):
                target = next
                if !keepsCredentials { headers["Authorization"] = nil }
                if let body, !body.rewind() {
                    throw TransferError(
                        object, .configuration, "the upload was redirected and cannot start anew",
                        hint: "name \(next.redacted)")
                }
            }
        }
    }

    private func url(_ key: String) -> WebURL { WebURL(origin: origin, target: key.hasPrefix("/") ? key : "/" + key) }

    private func failure(_ head: HTTPResponseHead, _ key: String) -> TransferError {
        WebResponse.error(head, object: url(key).redacted, now: now())
    }
}

/// Web servers, each origin a store.
struct WebKind: StoreKind {
    static var schemes: [String] { ["http", "https"] }
    static var authority: String? { "a host" }
    static var lists: Bool { false }
    static var keysAreURLs: Bool { true }

    private let client: any HTTPRequesting
    private let authorization: WebAuthorization
    private let timeouts: HTTPTimeouts

    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location {
        guard let url = WebURL("\(scheme)://\(rest)") else {
            throw Location.Problem("this is not a URL that can be read")
        }
        return Location(
            self, base: url.origin.text, authority: url.origin.authority, key: url.target, user: url.user,
            password: url.password)
    }

    init(_ context: StoreContext) {
        client = context.client
        authorization = WebAuthorization(context.configuration)
        timeouts = context.configuration.timeouts
    }

    func store(at location: Location) throws(TransferError) -> any ObjectStore {
        guard let origin = WebURL(location.base)?.origin else {
            throw TransferError(location.base, .configuration, "is no web server's URL")
        }
        return WebStore(
            origin: origin, user: location.user, password: location.password, client: client,
            authorization: authorization, timeouts: timeouts, now: systemEpochClock)
    }
}
