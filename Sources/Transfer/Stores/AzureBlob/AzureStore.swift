internal import Basics
internal import HTTPTransport

/// A container of Azure Blob Storage (https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api).
struct AzureStore: ObjectStore {
    /// https://learn.microsoft.com/azure/storage/blobs/scalability-targets
    private static let limits = MultipartLimits(minimumPart: 1, maximumPart: 4000 << 20, maximumParts: 50_000)
    /// A page of 5000 blobs, their names 1024 characters in escapes.
    private static let document = ResponseGate.Wanted.document(limit: 64 << 20)

    let traits = StoreTraits(ranges: true, lists: AzureService.lists, multipart: limits, checksum: .crc64nvme)
    let service: AzureService
    let account: AzureAccount
    let container: String

    /// In errors.
    func url(_ key: String) -> String { "az://\(account.name)/\(container)/\(key)" }

    func call(_ method: String, _ key: String) -> AzureCall {
        AzureCall(method, "/\(container)/\(PercentEncoding.encode(key, keeping: "/"))")
    }

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let head = try await answer(call("HEAD", key), key).head
        guard !AzureBlob.isFolder(head) else {
            throw TransferError(url(key), .configuration, "is a folder", hint: "write \(url(key))/ for what it holds")
        }
        return AzureBlob.info(key, head)
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        var call = AzureCall("GET", "/\(container)")
        call.query = [("restype", "container"), ("comp", "list"), ("maxresults", "5000"), ("prefix", prefix)]
        if let token { call.query.append(("marker", token)) }
        return try AzureBlob.page(try await answer(call, prefix).body, object: url(prefix))
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        var call = call("GET", key)
        if let range { call.headers["x-ms-range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
        if let etag = matching?.etag { call.headers["If-Match"] = AzureBlob.quoted(etag) }
        let check = ResponseCheck(
            object: url(key), key: key, range: range, matching: matching, describe: AzureBlob.info)
        let answer = try await answer(call, key, .object(check, sink))
        return answer.info ?? check.info(answer.head)
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        var call = call("PUT", key)
        call.headers = headers(of: attributes)
        call.headers["x-ms-blob-type"] = "BlockBlob"
        let length = try content.knownLength(url(key))
        call.carry(content, length: length, checksum: attributes.checksum)
        return AzureBlob.stored(key, try await answer(call, key).head, size: length)
    }

    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        AzureUpload(self, key: key, condition: try await condition(key), headers: headers(of: attributes))
    }

    /// What must stand there still when an upload is committed.
    private func condition(_ key: String) async throws(TransferError) -> String {
        // Who writes without the right to read commits without a condition.
        do { return try await stat(key).etag ?? "" } catch {
            switch error.reason {
            case .notFound: return "*"
            case .permission, .credentials: return ""
            default: throw error
            }
        }
    }

    func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload {
        guard let upload = AzureUpload(self, key: key, id: id) else {
            throw TransferError(url(key), .notFound, "there is no such upload")
        }
        return upload
    }

    func headers(of attributes: ObjectAttributes) -> HTTPHeaders {
        var headers = storing
        for (name, value) in AzureBlob.headers(of: settings.filling(attributes)).fields { headers[name] = value }
        return headers
    }

    private var settings: StoreSettings { service.configuration.settings }

    /// What becomes of a blob that is stored.
    private var storing: HTTPHeaders {
        var headers: HTTPHeaders = [:]
        headers["x-ms-access-tier"] = settings.storageClass
        headers["x-ms-tags"] = settings.tagQuery
        return headers
    }

    /// Throws what an answer says that is no success.
    func answer(_ call: AzureCall, _ key: String, _ wanted: ResponseGate.Wanted = document)
        async throws(TransferError) -> ResponseGate.Answer
    {
        let answer = try await service.answer(call, at: account, wanted, object: url(key))
        guard answer.head.isSuccess else { throw AzureFailure(answer.head, answer.body).error(url(key)) }
        return answer
    }
}

/// Copies by Azure itself within an account: Put Blob From URL, and Put Block From URL for what is larger.
extension AzureStore: CopyingStore {
    /// https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url
    var largestCopy: Int64 { 5000 << 20 }

    func reaches(_ source: any ObjectStore) -> Bool {
        guard let source = source as? AzureStore else { return false }
        return source.service === service && source.account.name == account.name
    }

    func copy(_ source: CopySource, to key: String) async throws(TransferError) -> ObjectInfo {
        var call = call("PUT", key)
        call.headers = try await described(source)
        call.headers["x-ms-blob-type"] = "BlockBlob"
        Self.name(source, in: &call)
        return AzureBlob.stored(key, try await answer(call, key).head, size: nil)
    }

    func beginCopy(_ source: CopySource, to key: String) async throws(TransferError) -> any CopyingUpload {
        AzureUpload(self, key: key, condition: try await condition(key), headers: try await described(source))
    }

    /// What is said of the source, with what is to be said of the copy instead.
    private func described(_ source: CopySource) async throws(TransferError) -> HTTPHeaders {
        guard let from = source.store as? AzureStore else { return [:] }
        let head = try await from.answer(from.call("HEAD", source.key), source.key).head
        var headers: HTTPHeaders = [:]
        for (name, value) in head.headers.fields {
            let name = name.lowercased()
            if let property = Self.properties[name] { headers[property] = value }
            if name.hasPrefix("x-ms-meta-") { headers[name] = value }
        }
        if let type = settings.contentType { headers["x-ms-blob-content-type"] = type }
        for (name, value) in settings.metadata { headers["x-ms-meta-\(name)"] = value }
        for (name, value) in storing.fields { headers[name] = value }
        return headers
    }

    /// By the header that tells it the one that sets it.
    private static let properties = [
        "content-type": "x-ms-blob-content-type", "content-encoding": "x-ms-blob-content-encoding",
        "content-language": "x-ms-blob-content-language", "content-disposition": "x-ms-blob-content-disposition",
        "cache-control": "x-ms-blob-cache-control", "content-md5": "x-ms-blob-content-md5",
    ]

    fileprivate static func name(_ source: CopySource, in call: inout AzureCall) {
        guard let from = source.store as? AzureStore else { return }
        call.read(from.call("GET", source.key).path)
        call.headers["x-ms-source-if-match"] = source.info.etag.map(AzureBlob.quoted)
        call.timeouts = .joining
    }
}

extension AzureUpload: CopyingUpload {
    func part(_ number: Int, _ range: Range<Int64>, of source: CopySource) async throws(TransferError) -> PartTag {
        try await part(number, size: Int64(range.count)) { call in
            AzureStore.name(source, in: &call)
            call.headers["x-ms-source-range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)"
        }
    }
}
