internal import HTTPTransport

/// One web server. Keys are paths with their query, as they stand in the URL.
struct WebStore: ObjectStore {
    let traits = StoreTraits(ranges: true, lists: false, multipart: nil, checksum: nil)
    let origin: WebOrigin
    var user: String?
    var password: String?
    let client: any HTTPExchange
    let authorization: WebAuthorization
    let timeouts: HTTPTimeouts
    let now: EpochClock

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let head = try await send("HEAD", key, headers: [:]) { _ in .keep }
        if head.isSuccess { return info(key, from: head) }
        // Servers that know no HEAD, and signed URLs that are signed for GET alone.
        guard [400, 403, 405, 501].contains(head.status) else { throw failure(head, key) }
        let found = try await send("GET", key, headers: ["Range": "bytes=0-0"]) { _ in .stop }
        if found.status == 416, let range = found.headers["Content-Range"].flatMap(ContentRange.init), range.total == 0
        {
            return ObjectInfo(key: key, size: 0, etag: found.headers["ETag"])
        }
        guard found.isSuccess else { throw failure(found, key) }
        return info(key, from: found)
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        throw TransferError(
            object: url(prefix).redacted, reason: .configuration, message: "a web server cannot be listed",
            hint: "name each object")
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any HTTPBodySink
    ) async throws(TransferError) -> ObjectInfo {
        var headers: HTTPHeaders = ["Accept-Encoding": "identity"]
        if let range { headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
        // A weak ETag never matches (RFC 9110 §13.1.1): the time of change stands in.
        if let etag = matching?.etag, !etag.hasPrefix("W/") {
            headers["If-Match"] = etag
        } else if let modified = matching?.lastModified {
            headers["If-Unmodified-Since"] = modified
        }
        let object = url(key).redacted
        let head = try await send("GET", key, headers: headers, sink: sink) { head in
            guard head.isSuccess else { return .keep }
            return ResponseCheck.verdict(
                head, found: info(key, from: head), range: range, matching: matching, object: object)
        }
        guard head.isSuccess else { throw failure(head, key) }
        return info(key, from: head)
    }

    func write(_ key: String, _ content: any HTTPBodySource, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        var headers: HTTPHeaders = ["Content-Type": attributes.contentType ?? "application/octet-stream"]
        if let checksum = attributes.checksum, checksum.algorithm == .sha256 {
            headers["Content-Digest"] = "sha-256=:\(checksum.base64):"
        }
        let head = try await send("PUT", key, headers: headers, body: content) { _ in .keep }
        guard head.isSuccess else { throw failure(head, key) }
        return ObjectInfo(
            key: key, size: content.length, etag: head.headers["ETag"], lastModified: head.headers["Last-Modified"])
    }

    func info(_ key: String, from head: HTTPResponseHead) -> ObjectInfo { WebResponse.info(key, head) }

    /// One request, redirects followed. `judge` sees every answer that is no redirect.
    private func send(
        _ method: String, _ key: String, headers: HTTPHeaders, body: (any HTTPBodySource)? = nil,
        sink: (any HTTPBodySink)? = nil,
        judge: @escaping @Sendable (HTTPResponseHead) -> ResponseGate.Verdict
    ) async throws(TransferError) -> HTTPResponseHead {
        let object = url(key).redacted
        var headers = headers
        headers["Authorization"] = try authorization.header(origin, user: user, password: password)
        var target = url(key)
        var redirects = WebRedirect()
        while true {
            let gate = ResponseGate(sink) { (300..<400).contains($0.status) ? .keep : judge($0) }
            let request = HTTPRequest(
                method, target.text, headers: headers, body: body.map { .source($0) } ?? .none,
                timeouts: timeouts)
            let head = try await gate.run(request, on: client, object: object).head
            switch redirects.step(
                status: head.status, location: head.headers["Location"], method: method, from: target)
            {
            case nil: return head
            case .refuse(let why): throw TransferError(object: object, reason: .configuration, message: why)
            case .follow(let next, let keepsCredentials):
                target = next
                if !keepsCredentials { headers["Authorization"] = nil }
                if let body, !body.rewind() {
                    throw TransferError(
                        object: object, reason: .configuration,
                        message: "the upload was redirected and cannot start anew",
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
