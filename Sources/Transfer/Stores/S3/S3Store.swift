internal import Basics
internal import HTTPTransport

/// A bucket of S3 or of a server that speaks like it.
struct S3Store: ObjectStore {
    /// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
    static let limits = MultipartLimits(minimumPart: 5 << 20, maximumPart: 5 << 30, maximumParts: 10_000)
    /// From here on it is worth a request to learn how an object was divided.
    private static let worthParts: Int64 = 64 << 20

    let traits: StoreTraits
    let bucket: S3Bucket
    /// Of the one object that is read.
    let version: String?
    let settings: StoreSettings

    init(_ bucket: S3Bucket, version: String? = nil, settings: StoreSettings = .init(), checksum: ChecksumAlgorithm?) {
        self.bucket = bucket
        self.version = version
        self.settings = settings
        traits = StoreTraits(
            ranges: true, lists: S3Service.lists, multipart: Self.limits, checksum: checksum, listsUploads: true)
    }

    func call(_ method: String, _ key: String, query: [(name: String, value: String)] = []) -> S3Call {
        var call = S3Call(method, key)
        call.query = query + (version.map { [("versionId", $0)] } ?? [])
        return call
    }

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        var call = call("HEAD", key)
        call.headers["x-amz-checksum-mode"] = "ENABLED"
        var info: ObjectInfo
        do {
            info = S3Response.info(key, try await bucket.answer(call).head)
        } catch  where error.reason == .server(status: 400) || error.reason == .permission {
            // An answer to HEAD has no body, so it does not say why. The same question as GET does, and corrects clock
            // and credentials on the way.
            try await explain(key)
            info = S3Response.info(key, try await bucket.answer(call).head)
        }
        if let size = info.size, size >= Self.worthParts, info.etag?.contains("-") == true {
            info.partSize = try? await firstPart(key)
        }
        return try asked(info)
    }

    /// What came is the version that was asked for. Servers that keep none answer with what is there now.
    private func asked(_ info: ObjectInfo) throws(TransferError) -> ObjectInfo {
        guard let version, version != info.versionID, version != "null" else { return info }
        throw TransferError(
            "\(bucket.url(info.key))?versionId=\(version)", .notFound,
            "the server answered with \(info.versionID.map { "the version \($0)" } ?? "an object without a version")",
            hint: "check the version's id, and that the bucket keeps versions")
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        guard version == nil else { throw versionIsOne(prefix, "a version is one object's, and this names many") }
        var call = S3Call("GET", nil)
        let listed = bucket.isDirectory ? S3Express.listed(prefix) : prefix
        call.query = [("list-type", "2"), ("encoding-type", "url"), ("max-keys", "1000"), ("prefix", listed)]
        if let token { call.query.append(("continuation-token", token)) }
        var page = try S3Listing.page(try await bucket.answer(call).body, object: bucket.url(prefix))
        if listed != prefix { page.objects.removeAll { !$0.key.utf8.starts(with: prefix.utf8) } }
        return page
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        var call = call("GET", key)
        call.headers["x-amz-checksum-mode"] = "ENABLED"
        if let range { call.headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
        if let etag = matching?.etag {
            // Naming the version as well would take another permission, s3:GetObjectVersion, that readers of a bucket seldom have.
            call.headers["If-Match"] = etag
        } else if version == nil, let version = matching?.versionID {
            call.query = [("versionId", version)]
        }
        let check = ResponseCheck(
            object: bucket.url(key), key: key, range: range, matching: matching, expectsETag: true,
            describe: S3Response.info)
        return try asked(try await bucket.read(call, check, into: sink))
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        let length = try content.knownLength(bucket.url(key))
        guard version == nil else { throw versionIsOne(key) }
        var call = S3Call("PUT", key)
        call.headers = storing
        for (name, value) in describing(attributes).fields { call.headers[name] = value }
        call.carry(content, checksum: attributes.checksum)
        let head = try await bucket.answer(call).head
        return ObjectInfo(
            key: key, size: length, etag: head.headers["ETag"], versionID: S3Response.version(head),
            checksum: head.amazonChecksum.whole ?? attributes.checksum)
    }

    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        try await begin(key, describing(attributes))
    }

    /// - Parameter described: what the object will be said to be.
    func begin(_ key: String, _ described: HTTPHeaders) async throws(TransferError) -> S3Upload {
        guard version == nil else { throw versionIsOne(key) }
        var call = S3Call("POST", key)
        call.query = [("uploads", "")]
        call.headers = storing
        for (name, value) in described.fields { call.headers[name] = value }
        var mark: String?
        if let name = traits.checksum?.s3Name {
            call.headers["x-amz-checksum-algorithm"] = name
            call.headers["x-amz-checksum-type"] = "FULL_OBJECT"
        } else {
            mark = String(UInt64.random(in: 0 ... .max), radix: 36)
            call.headers[S3Upload.markHeader] = mark
        }
        let answer = try await bucket.answer(call)
        guard let id = XMLElement(parsing: answer.body)?.value("UploadId"), !id.isEmpty else {
            throw TransferError(bucket.url(key), .protocolViolation, "the server began an upload without an id")
        }
        return S3Upload(
            bucket: bucket, key: key, id: id, checksum: traits.checksum,
            sendsWhole: answer.head.headers["x-amz-checksum-type"] == "FULL_OBJECT", mark: mark)
    }

    func resumeMultipart(_ key: String, id: String) -> any MultipartUpload {
        S3Upload(bucket: bucket, key: key, id: id, checksum: traits.checksum)
    }

    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] {
        let listed = bucket.isDirectory ? S3Express.listed(prefix) : prefix
        return try await bucket.unfinishedUploads(prefix: listed).filter { $0.key.utf8.starts(with: prefix.utf8) }
    }

    /// Throws what is behind a refusal that came without words; returns where there is nothing wrong any more.
    private func explain(_ key: String) async throws(TransferError) {
        var call = call("GET", key)
        call.headers["Range"] = "bytes=0-0"
        do { _ = try await bucket.answer(call) } catch  where error.reason == .changed {
            // An empty object has no first byte.
        }
    }

    private func firstPart(_ key: String) async throws(TransferError) -> Int64? {
        let head = try await bucket.answer(call("HEAD", key, query: [("partNumber", "1")])).head
        return head.status == 206 ? head.headers["Content-Length"].flatMap { Int64($0) } : nil
    }

    func versionIsOne(
        _ key: String, _ message: String = "a version that exists cannot be stored"
    ) -> TransferError {
        TransferError(bucket.url(key), .configuration, message, hint: "leave ?versionId= out")
    }

    /// What becomes of an object that is stored.
    var storing: HTTPHeaders {
        var headers: HTTPHeaders = [:]
        headers["x-amz-storage-class"] = settings.storageClass
        headers["x-amz-acl"] = settings.acl
        headers["x-amz-tagging"] = settings.tagQuery
        headers["x-amz-server-side-encryption"] = settings.encryption
        headers["x-amz-server-side-encryption-aws-kms-key-id"] = settings.kmsKey
        return headers
    }

    private func describing(_ attributes: ObjectAttributes) -> HTTPHeaders {
        let attributes = settings.filling(attributes)
        var headers: HTTPHeaders = ["Content-Type": attributes.type]
        headers.add(attributes.metadata.mapValues(Self.headerText), prefix: "x-amz-meta-")
        return headers
    }

    /// Letters beyond ASCII as S3 takes them in a header and gives them back: encoded words of at most 75 characters
    /// (RFC 2047 §2).
    static func headerText(_ value: String) -> String {
        guard !value.utf8.allSatisfy({ $0 < 0x80 }) else { return value }
        var words: [[UInt8]] = [[]]
        for scalar in value.unicodeScalars {
            if words[words.count - 1].count + scalar.utf8.count > 45 { words.append([]) }
            words[words.count - 1] += scalar.utf8
        }
        return words.map { "=?UTF-8?B?\(Base64.encode($0))?=" }.joined(separator: " ")
    }
}
