internal import Basics
internal import HTTPTransport

/// Uploads in one stream that go on where they broke off
/// (https://cloud.google.com/storage/docs/performing-resumable-uploads).
extension GoogleStore {
    /// One attempt. Where an earlier one of the same content broke off, the server is asked how far it got.
    func resumably(
        _ key: String, _ content: any ObjectContent, length: Int64, _ resource: JSONValue, _ checksum: Checksum?
    ) async throws(TransferError) -> ObjectInfo {
        // Without a checksum nothing would tell another content of the same length.
        let name = checksum.map { "\(url(key)) \(length) \($0.base64)" }
        let session: String
        var offset: Int64 = 0
        if let name, let open = service.sessions[name] {
            session = open
            let answer = try await send(nil, from: 0, of: length, to: session, key)
            switch try step(answer, key, name) {
            case .stored(let body): return try stored(body, key, checksum)
            case .hasUpTo(let count): offset = count
            }
        } else {
            session = try await begin(key, length: length, resource)
            if let name { service.sessions[name] = session }
        }
        while true {
            let answer = try await send(content, from: offset, of: length, to: session, key)
            switch try step(answer, key, name) {
            case .stored(let body): return try stored(body, key, checksum)
            case .hasUpTo(let count):
                guard count > offset, count <= length else {
                    throw TransferError(url(key), .network, "the upload does not get on at byte \(offset)")
                }
                offset = count
            }
        }
    }

    private func begin(_ key: String, length: Int64, _ resource: JSONValue) async throws(TransferError) -> String {
        var call = GoogleCall(method: "POST", path: uploads, query: [("uploadType", "resumable"), ("name", key)])
        call.carry(resource)
        call.headers["X-Upload-Content-Length"] = String(length)
        let answer = try await answer(call, key)
        guard let session = answer.head.headers["Location"].flatMap({ WebURL($0) }) else {
            throw TransferError(url(key), .protocolViolation, "the server began an upload without saying where")
        }
        // The place is a secret that lets anybody write there; a token goes along only to where tokens go anyway.
        guard session.origin == service.origin else {
            throw TransferError(
                url(key), .protocolViolation, "the server wants the upload to go to \(session.origin.text)",
                hint: "an emulator must be told the address by which it is reached")
        }
        return session.text
    }

    /// Without content only asks how far the upload is.
    private func send(
        _ content: (any ObjectContent)?, from offset: Int64, of length: Int64, to session: String, _ key: String
    ) async throws(TransferError) -> ResponseGate.Answer {
        var call = GoogleCall(method: "PUT", path: session)
        if let content {
            guard let body = TailBody(content, from: offset, length: length) else {
                throw TransferError(url(key), .configuration, "the content cannot be read a second time")
            }
            call.body = .source(body)
            call.headers["Content-Range"] =
                offset < length ? "bytes \(offset)-\(length - 1)/\(length)" : "bytes */\(length)"
        } else {
            call.body = .bytes([])
            call.headers["Content-Range"] = "bytes */\(length)"
        }
        return try await anyAnswer(call, key)
    }

    private enum Step {
        case stored([UInt8])
        /// Bytes that the server has.
        case hasUpTo(Int64)
    }

    private func step(_ answer: ResponseGate.Answer, _ key: String, _ name: String?) throws(TransferError) -> Step {
        switch answer.head.status {
        case 200, 201:
            // What would ask it again would be told of this object, whatever has taken its place since.
            if let name { service.sessions[name] = nil }
            return .stored(answer.body)
        case 308:
            guard let range = answer.head.headers["Range"] else { return .hasUpTo(0) }
            guard range.hasPrefix("bytes=0-"), let last = Int64(range.dropFirst(8)), last >= 0, last < .max else {
                throw TransferError(url(key), .protocolViolation, "how far the upload is cannot be read")
            }
            return .hasUpTo(last + 1)
        default:
            if let name, answer.head.status < 500, answer.head.status != 429 { service.sessions[name] = nil }
            // A session that is over: the next attempt begins a new one.
            guard answer.head.status != 404, answer.head.status != 410 else {
                throw TransferError(url(key), .network, "the server has forgotten the upload")
            }
            throw GoogleFailure(answer.head, answer.body).error(url(key))
        }
    }
}
