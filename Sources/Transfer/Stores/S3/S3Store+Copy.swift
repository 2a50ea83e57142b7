internal import Basics
internal import HTTPTransport

/// Copies by S3 itself: CopyObject up to 5 GiB, UploadPartCopy above.
extension S3Store: CopyingStore {
    var largestCopy: Int64 { Self.limits.maximumPart }

    func reaches(_ source: any ObjectStore) -> Bool {
        (source as? S3Store).map { $0.bucket.service === bucket.service } ?? false
    }

    /// What S3 keeps of the source is its own affair; only what is said anew of the copy is told.
    func copy(_ source: CopySource, to key: String) async throws(TransferError) -> ObjectInfo {
        guard version == nil else { throw versionIsOne(key) }
        var call = S3Call("PUT", key)
        call.headers = storing
        if settings.contentType != nil || !settings.metadata.isEmpty {
            call.headers["x-amz-metadata-directive"] = "REPLACE"
            for (name, value) in try await described(source).fields { call.headers[name] = value }
        }
        if settings.tagQuery != nil { call.headers["x-amz-tagging-directive"] = "REPLACE" }
        Self.name(source, in: &call)
        let answer = try await bucket.answer(call)
        let result = try Self.result(answer, "CopyObjectResult", bucket.url(key))
        var info = ObjectInfo(
            key: key, size: source.info.size, etag: result.value("ETag"), versionID: S3Response.version(answer.head),
            lastModified: result.value("LastModified"), checksum: result.amazonChecksum)
        info.isComposite = result.value("ChecksumType") == "COMPOSITE"
        return info
    }

    func beginCopy(_ source: CopySource, to key: String) async throws(TransferError) -> any CopyingUpload {
        var headers = try await described(source)
        if settings.tagQuery == nil { headers["x-amz-tagging"] = try await tags(of: source) }
        return try await begin(key, headers)
    }

    /// By its ETag, as a reading does: naming the version as well would take another permission, s3:GetObjectVersion.
    fileprivate static func name(_ source: CopySource, in call: inout S3Call) {
        guard let store = source.store as? S3Store else { return }
        let path = PercentEncoding.encode("\(store.bucket.name)/\(source.key)", keeping: "/")
        let named = store.version ?? (source.info.etag == nil ? source.info.versionID : nil)
        let version = named.map { "?versionId=\(PercentEncoding.encode($0))" } ?? ""
        call.headers["x-amz-copy-source"] = path + version
        call.headers["x-amz-copy-source-if-match"] = source.info.etag
        call.body = .bytes([])
        call.timeouts = .joining
    }

    /// The document of an answer whose status was sent before the copy was made.
    fileprivate static func result(_ answer: ResponseGate.Answer, _ name: String, _ url: String) throws(TransferError)
        -> XMLElement
    {
        let document = XMLElement(parsing: answer.body)
        if let document, document.name == name { return document }
        guard document?.find("Error") == nil else { throw S3Upload.failure(document, answer.head).error(url) }
        throw TransferError(url, .protocolViolation, "the server answered a copy without its result")
    }

    /// What is said of the source, with what is to be said of the copy instead.
    private func described(_ source: CopySource) async throws(TransferError) -> HTTPHeaders {
        guard let store = source.store as? S3Store else { return [:] }
        let head = try await store.bucket.answer(store.call("HEAD", source.key)).head
        var headers: HTTPHeaders = [:]
        for (name, value) in head.headers.fields {
            let name = name.lowercased()
            guard Self.descriptive.contains(name) || name.hasPrefix("x-amz-meta-"), name != S3Upload.markHeader else {
                continue
            }
            headers[name] = value
        }
        if let type = settings.contentType { headers["content-type"] = type }
        for (name, value) in settings.metadata { headers["x-amz-meta-\(name)"] = Self.headerText(value) }
        return headers
    }

    private static let descriptive: Set<String> = [
        "content-type", "content-encoding", "content-language", "content-disposition", "cache-control", "expires",
        "x-amz-website-redirect-location",
    ]

    /// As a header has them; `nil` where there are none.
    private func tags(of source: CopySource) async throws(TransferError) -> String? {
        guard let store = source.store as? S3Store else { return nil }
        let answer: ResponseGate.Answer
        do { answer = try await store.bucket.answer(store.call("GET", source.key, query: [("tagging", "")])) } catch {
            // Servers that know no tags have none to keep.
            switch error.reason {
            case .notFound: return nil
            case .server(let status) where status == 501 || status == 405: return nil
            default: throw error
            }
        }
        let tags = XMLElement(parsing: answer.body)?["TagSet"]?.all("Tag") ?? []
        let pairs = tags.compactMap { tag in
            tag.value("Key").map { "\(PercentEncoding.encode($0))=\(PercentEncoding.encode(tag.value("Value") ?? ""))" }
        }
        return pairs.isEmpty ? nil : pairs.joined(separator: "&")
    }
}

extension S3Upload: CopyingUpload {
    func part(_ number: Int, _ range: Range<Int64>, of source: CopySource) async throws(TransferError) -> PartTag {
        var call = S3Call("PUT", key)
        call.query = [("partNumber", String(number)), ("uploadId", id)]
        S3Store.name(source, in: &call)
        call.headers["x-amz-copy-source-range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        let result = try S3Store.result(try await bucket.answer(call), "CopyPartResult", bucket.url(key))
        guard let etag = result.value("ETag") else {
            throw TransferError(bucket.url(key), .protocolViolation, "part \(number) was copied without an ETag")
        }
        return PartTag(number: number, etag: etag, checksum: result.amazonChecksum, size: Int64(range.count))
    }
}
