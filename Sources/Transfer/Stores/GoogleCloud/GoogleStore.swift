internal import Basics
internal import HTTPTransport

/// A bucket of Google Cloud Storage, or of an emulator (https://cloud.google.com/storage/docs/json_api/v1).
struct GoogleStore: ObjectStore {
    let traits = StoreTraits(
        ranges: true, lists: GoogleService.lists, multipart: S3Store.limits, checksum: .crc32c,
        listsUploads: true)
    let service: GoogleService
    let bucket: String

    init(_ service: GoogleService, bucket: String) {
        self.service = service
        self.bucket = bucket
    }

    /// Above, an upload that breaks off goes on where it was; below, asking where costs as much as sending again.
    private static let worthResuming: Int64 = 8 << 20
    /// A page of 1000 objects, their names 1024 bytes in escapes.
    private static let document = ResponseGate.Wanted.document(limit: 8 << 20)

    /// In errors.
    func url(_ key: String) -> String { "gs://\(bucket)/\(key)" }
    private var collection: String { "/storage/v1/b/\(PercentEncoding.encode(bucket))/o" }
    var uploads: String { "/upload\(collection)" }
    func path(of key: String) -> String { "\(collection)/\(PercentEncoding.encode(key))" }
    /// Without the interface's own path before it.
    private func place(of key: String) -> String {
        "/b/\(PercentEncoding.encode(bucket))/o/\(PercentEncoding.encode(key))"
    }

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let call = GoogleCall(path: path(of: key), query: [("fields", GoogleObject.fields)])
        return try GoogleObject.info(try await answer(call, key).body, object: url(key))
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        var call = GoogleCall(path: collection)
        call.query = [
            ("prefix", prefix), ("maxResults", "1000"), ("fields", "nextPageToken,items(\(GoogleObject.fields))"),
        ]
        if let token { call.query.append(("pageToken", token)) }
        let answer = try await anyAnswer(call, prefix)
        guard answer.head.isSuccess else {
            throw GoogleFailure(answer.head, answer.body, isListing: true).error(url(prefix))
        }
        return try GoogleObject.page(answer.body, object: url(prefix))
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any ObjectSink
    ) async throws(TransferError) -> ObjectInfo {
        var call = GoogleCall(path: path(of: key), query: [("alt", "media")])
        // Objects that are stored compressed come as they are stored, not unpacked on their way: sizes, ranges and
        // checksums are of what is stored.
        call.headers["Accept-Encoding"] = "gzip"
        if let range { call.headers["Range"] = "bytes=\(range.lowerBound)-\(range.upperBound - 1)" }
        if let generation = matching?.versionID { call.query.append(("ifGenerationMatch", generation)) }
        let check = ResponseCheck(
            object: url(key), key: key, range: range, matching: matching, describe: GoogleObject.info)
        let answer = try await answer(call, key, .object(check, sink))
        return answer.info ?? check.info(answer.head)
    }

    func write(_ key: String, _ content: any ObjectContent, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        let length = try content.knownLength(url(key))
        let attributes = service.settings.filling(attributes)
        let resource = GoogleObject.resource(key, attributes, storageClass: service.settings.storageClass)
        if length >= Self.worthResuming {
            return try await resumably(key, content, length: length, resource, attributes.checksum)
        }
        let boundary = "kpipe-\(UInt64.random(in: 0 ... .max))-\(UInt64.random(in: 0 ... .max))"
        let before = "--\(boundary)\r\nContent-Type: application/json\r\n\r\n\(resource.text)\r\n"
        let head = "\(before)--\(boundary)\r\nContent-Type: \(attributes.type)\r\n\r\n"
        var call = GoogleCall(method: "POST", path: uploads, query: [("uploadType", "multipart")])
        call.headers["Content-Type"] = "multipart/related; boundary=\(boundary)"
        call.body = .source(FramedBody(head, content, length: length, "\r\n--\(boundary)--\r\n"))
        return try stored(try await answer(call, key).body, key, attributes.checksum)
    }

    /// What the server says of an object that was just stored: the checksum is compared here as well, because not every
    /// server compares what it was told.
    func stored(_ body: [UInt8], _ key: String, _ sent: Checksum?) throws(TransferError) -> ObjectInfo {
        let info = try GoogleObject.info(body, object: url(key))
        if let sent, let found = info.checksum, sent.algorithm == found.algorithm, sent != found {
            throw TransferError(
                url(key), .network, "was damaged on its way: stored with \(found.base64), sent with \(sent.base64)")
        }
        return info
    }

    func remove(_ key: String, generation: String?) async throws(TransferError) {
        var call = GoogleCall(method: "DELETE", path: path(of: key))
        if let generation { call.query = [("ifGenerationMatch", generation)] }
        do { _ = try await answer(call, key) } catch  where error.reason == .notFound {}
    }

    /// Throws what an answer says that is no success.
    func answer(_ call: GoogleCall, _ key: String, _ wanted: ResponseGate.Wanted = document)
        async throws(TransferError) -> ResponseGate.Answer
    {
        let answer = try await anyAnswer(call, key, wanted)
        guard answer.head.isSuccess else { throw GoogleFailure(answer.head, answer.body).error(url(key)) }
        return answer
    }

    func anyAnswer(_ call: GoogleCall, _ key: String, _ wanted: ResponseGate.Wanted = document)
        async throws(TransferError) -> ResponseGate.Answer
    {
        try await service.requests.answer(wanted, object: url(key)) { service.request(call, payer: $0?.payer) }
    }
}

/// Copies by Google itself, of any size: rewrites, step by step
/// (https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite).
extension GoogleStore: CopyingStore {
    var largestCopy: Int64 { .max }

    func reaches(_ source: any ObjectStore) -> Bool {
        (source as? GoogleStore).map { $0.service === service } ?? false
    }

    func copy(_ source: CopySource, to key: String) async throws(TransferError) -> ObjectInfo {
        guard let from = source.store as? GoogleStore else { return try await stat(source.key) }
        let resource = try await described(source, from, key)
        var token: String?
        while true {
            var call = GoogleCall(method: "POST", path: "\(from.path(of: source.key))/rewriteTo\(place(of: key))")
            if let generation = source.info.versionID { call.query.append(("ifSourceGenerationMatch", generation)) }
            if let token { call.query.append(("rewriteToken", token)) }
            // Without a document everything that is said of the source is said of the copy.
            if let resource { call.carry(resource) } else { call.body = .bytes([]) }
            call.timeouts = .joining
            let answer = JSONFields(parsing: try await answer(call, key).body)
            if answer?["done"] == "true", let info = answer?.within("resource").flatMap({ GoogleObject.info($0) }) {
                return info
            }
            guard let next = answer?["rewriteToken"] else {
                throw TransferError(
                    url(key), .protocolViolation, "the server neither copied the object nor said how to go on")
            }
            token = next
        }
    }

    /// `nil`: as the source. Else all that is said of it, with what is to be said of the copy instead: the document takes
    /// the place of everything.
    private func described(_ source: CopySource, _ from: GoogleStore, _ key: String) async throws(TransferError)
        -> JSONValue?
    {
        let settings = service.settings
        guard settings.contentType != nil || !settings.metadata.isEmpty || settings.storageClass != nil else {
            return nil
        }
        let call = GoogleCall(path: from.path(of: source.key))
        let fields = JSONFields(parsing: try await from.answer(call, source.key).body)
        let metadata = (fields?.within("metadata")?.texts ?? [:]).merging(settings.metadata) { $1 }
        let names = ["cacheControl", "contentDisposition", "contentEncoding", "contentLanguage"]
        var members = names.compactMap { name in fields?[name].map { JSONValue.Member(name, .string($0)) } }
        members.append(
            JSONValue.Member(
                "contentType", .string(settings.contentType ?? fields?["contentType"] ?? ObjectAttributes.defaultType)))
        if let storageClass = settings.storageClass {
            members.append(JSONValue.Member("storageClass", .string(storageClass)))
        }
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(JSONValue.Member("metadata", .object(pairs)))
        }
        return .object(members)
    }

    func beginCopy(_ source: CopySource, to key: String) async throws(TransferError) -> any CopyingUpload {
        throw TransferError(url(key), .configuration, "objects are copied whole here")
    }
}
