internal import Basics
internal import HTTPTransport

/// A multipart upload to S3.
struct S3Upload: MultipartUpload {
    let bucket: any S3Caller
    let key: String
    let id: String
    let checksum: ChecksumAlgorithm?
    /// The parts' checksums stand in the document that joins them.
    var listsChecksums = true
    /// The server has said that it compares the whole's checksum. Those that do not, such as MinIO before 2025, take it
    /// for one of the parts' checksums, and refuse every upload.
    var sendsWhole = false
    /// See `markHeader`; `nil` where it was begun without one, or by an earlier process.
    var mark: String?

    func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    {
        var call = S3Call("PUT", key)
        call.query = [("partNumber", String(number)), ("uploadId", id)]
        call.carry(content, checksum: checksum)
        let head = try await bucket.answer(call).head
        guard let etag = head.headers["ETag"] else {
            throw TransferError(bucket.url(key), .protocolViolation, "part \(number) was stored without an ETag")
        }
        return PartTag(number: number, etag: etag, checksum: checksum, size: content.length)
    }

    func storedParts() async throws(TransferError) -> [PartTag] {
        var parts: [PartTag] = []
        var marker: String?
        while true {
            var call = S3Call("GET", key)
            call.query = [("uploadId", id)]
            if let marker { call.query.append(("part-number-marker", marker)) }
            let page = try S3Listing.parts(try await bucket.answer(call).body, object: bucket.url(key))
            parts += page.parts
            guard let next = page.next, next != marker else { return parts.sorted { $0.number < $1.number } }
            marker = next
        }
    }

    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo {
        let parts = parts.sorted { $0.number < $1.number }
        let whole = checksum.flatMap(parts.checksum)
        var call = S3Call("POST", key)
        call.query = [("uploadId", id)]
        call.carry(document(parts))
        if let whole, sendsWhole {
            call.headers[whole.algorithm.s3Header] = whole.base64
            call.headers["x-amz-checksum-type"] = "FULL_OBJECT"
        }
        // Joining thousands of parts takes minutes.
        call.timeouts = .joining
        let answer: ResponseGate.Answer
        do { answer = try await bucket.answer(call) } catch {
            guard error.isOfMissingUpload, let info = await completedBefore(parts, whole) else { throw error }
            return info
        }
        // The status is sent before the parts are joined: only the document tells whether that succeeded.
        let document = XMLElement(parsing: answer.body)
        guard document?.name == "CompleteMultipartUploadResult" else {
            throw Self.failure(document, answer.head).error(bucket.url(key))
        }
        return ObjectInfo(
            key: key, size: parts.size, etag: document?.value("ETag"), versionID: S3Response.version(answer.head),
            checksum: whole)
    }

    func abort() async throws(TransferError) {
        var call = S3Call("DELETE", key)
        call.query = [("uploadId", id)]
        do { _ = try await bucket.answer(call) } catch  where error.isOfMissingUpload {
            // Ended already.
        }
    }

    /// An answer of 200 that is not success: the error inside, or else a failure of the server that may pass.
    static func failure(_ document: XMLElement?, _ head: HTTPResponseHead) -> S3Failure {
        guard let error = document?.find("Error"), let code = error.value("Code") else {
            return S3Failure(
                status: 500, code: "InternalError", message: "the upload's end was answered without a result")
        }
        return S3Failure(status: head.status, code: code, message: error.value("Message") ?? "")
    }

    /// An upload is gone once it is complete. Where the answer to that was lost on its way, the object itself tells: it
    /// bears the ETag that these parts give or, where ETags are no MD5 (KMS), their size and the checksum of the whole,
    /// or else the mark that its upload was begun with.
    private func completedBefore(_ parts: [PartTag], _ whole: Checksum?) async -> ObjectInfo? {
        var call = S3Call("HEAD", key)
        call.headers["x-amz-checksum-mode"] = "ENABLED"
        guard let head = try? await bucket.answer(call).head else { return nil }
        let info = S3Response.info(key, head)
        if let expected = MultipartETag.joining(parts.map(\.etag)), info.etag == expected { return info }
        guard let size = parts.size, info.size == size else { return nil }
        if let whole, info.checksum == whole { return info }
        return mark != nil && head.headers[Self.markHeader] == mark ? info : nil
    }

    /// Tells an upload's object from others where the store keeps no checksum of it.
    static let markHeader = "x-amz-meta-kpipe-upload"

    private func document(_ parts: [PartTag]) -> String {
        let entries = parts.map { part in
            let checksum = (listsChecksums ? part.checksum : nil).flatMap { checksum in
                checksum.algorithm.s3Name.map { "<Checksum\($0)>\(checksum.base64)</Checksum\($0)>" }
            }
            let etag = part.etag.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            return "<Part>\(checksum ?? "")<ETag>\(etag)</ETag><PartNumber>\(part.number)</PartNumber></Part>"
        }
        return "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(entries.joined())"
            + "</CompleteMultipartUpload>"
    }
}

extension TransferError {
    /// Some servers say no more than 404.
    var isOfMissingUpload: Bool { reason == .uploadEnded || reason == .notFound }
}

/// The ETag that S3 gives an object stored in parts: the MD5 of the parts' MD5s, and their number.
enum MultipartETag {
    /// With quotes; `nil` where a part's ETag is no MD5, as under KMS.
    static func joining(_ parts: [String]) -> String? {
        var digest = MessageDigest(.md5)
        for part in parts {
            guard let bytes = Hex.decode(part.filter { $0 != "\"" }), bytes.count == 16 else { return nil }
            bytes.withUnsafeBytes { digest.update($0) }
        }
        return "\"\(Hex.encode(digest.bytes))-\(parts.count)\""
    }
}
