internal import Basics
internal import HTTPTransport

/// Uploads in parts: by Google's XML interface, which speaks S3's words, and where a server has none, by objects that are
/// joined.
extension GoogleStore {
    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        let attributes = service.settings.filling(attributes)
        // Headers hold ASCII alone, and are all the metadata that the XML interface takes.
        guard attributes.metadata.values.allSatisfy({ $0.utf8.allSatisfy { $0 < 0x80 } }) else {
            return ComposedUpload(store: self, key: key, attributes: attributes)
        }
        var call = S3Call("POST", key)
        call.query = [("uploads", "")]
        call.headers["x-goog-storage-class"] = service.settings.storageClass
        call.headers["Content-Type"] = attributes.type
        call.headers.add(attributes.metadata, prefix: "x-goog-meta-")
        let answer = try await GoogleParts(store: self).anyAnswer(call)
        if answer.head.isSuccess, let id = XMLElement(parsing: answer.body)?.value("UploadId"), !id.isEmpty {
            return upload(key, id: id)
        }
        let failure = GoogleFailure(answer.head, answer.body)
        guard !failure.isXML, [200, 400, 404, 405, 501].contains(answer.head.status) else {
            throw failure.error(url(key))
        }
        // An emulator that knows JSON alone.
        return ComposedUpload(store: self, key: key, attributes: attributes)
    }

    func resumeMultipart(_ key: String, id: String) -> any MultipartUpload {
        ComposedUpload(store: self, key: key, id: id) ?? upload(key, id: id)
    }

    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] {
        try await GoogleParts(store: self).unfinishedUploads(prefix: prefix)
    }

    private func upload(_ key: String, id: String) -> any MultipartUpload {
        let parts = S3Upload(
            bucket: GoogleParts(store: self), key: key, id: id, checksum: .crc32c, listsChecksums: false,
            sendsWhole: true)
        return GoogleUpload(parts: parts, store: self, key: key)
    }
}

/// Carries out S3's calls at Google: other names of headers, another authorisation.
struct GoogleParts: S3Caller {
    let store: GoogleStore

    func url(_ key: String?) -> String { store.url(key ?? "") }

    func answer(_ call: S3Call) async throws(TransferError) -> ResponseGate.Answer {
        let answer = try await anyAnswer(call)
        guard answer.head.isSuccess else { throw GoogleFailure(answer.head, answer.body).error(url(call.key)) }
        return answer
    }

    func anyAnswer(_ call: S3Call) async throws(TransferError) -> ResponseGate.Answer {
        let folder = "/\(PercentEncoding.encode(store.bucket))"
        var google = GoogleCall(
            method: call.method,
            path: call.key.map { "\(folder)/\(PercentEncoding.encode($0, keeping: "/"))" } ?? folder)
        google.query = call.query.map { ($0.name, $0.value) }
        google.body = call.body
        google.timeouts = call.timeouts
        google.isXML = true
        for (name, value) in call.headers.fields {
            switch name {
            case ChecksumAlgorithm.crc32c.s3Header: google.headers["x-goog-hash"] = "crc32c=\(value)"
            case _ where name.hasPrefix("x-amz-"): break
            default: google.headers.add(name, value)
            }
        }
        return try await store.anyAnswer(google, call.key ?? "")
    }
}

/// An upload in parts by the XML interface; what it made is compared as a whole.
struct GoogleUpload: MultipartUpload {
    let parts: S3Upload
    let store: GoogleStore
    let key: String

    var id: String { parts.id }

    func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    {
        try await parts.part(number, content, checksum: checksum)
    }

    func storedParts() async throws(TransferError) -> [PartTag] { try await parts.storedParts() }
    func abort() async throws(TransferError) { try await parts.abort() }

    func complete(_ tags: [PartTag]) async throws(TransferError) -> ObjectInfo {
        let tags = tags.sorted { $0.number < $1.number }
        do { _ = try await parts.complete(tags) } catch {
            // An upload is gone once it is complete: where the answer to that was lost, the object itself tells.
            guard error.isOfMissingUpload, let whole = tags.checksum(.crc32c),
                let info = try? await store.stat(key), info.checksum == whole
            else { throw error }
            return info
        }
        return try await store.compared(key, tags)
    }
}

/// An upload whose parts are objects beside the target, joined by `compose`: for servers without the XML interface.
struct ComposedUpload: MultipartUpload {
    private static let mark = "compose-"
    /// Objects that one request joins.
    private static let most = 32

    let id: String
    private let store: GoogleStore
    private let key: String
    private let attributes: ObjectAttributes
    private var folder: String { "\(key).kpipe-\(id)/" }

    init(store: GoogleStore, key: String, attributes: ObjectAttributes) {
        id = Self.mark + String(UInt64.random(in: 0 ... .max), radix: 36)
        self.store = store
        self.key = key
        self.attributes = attributes
    }

    /// `nil` for the id of an upload of another kind.
    init?(store: GoogleStore, key: String, id: String) {
        guard id.hasPrefix(Self.mark) else { return nil }
        self.id = id
        self.store = store
        self.key = key
        attributes = ObjectAttributes()
    }

    func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    {
        let info = try await store.write(name(number), content, ObjectAttributes(checksum: checksum))
        return PartTag(number: number, etag: info.versionID ?? "", checksum: checksum, size: content.length)
    }

    func storedParts() async throws(TransferError) -> [PartTag] {
        try await stored().compactMap { info in
            Int(info.key.dropFirst(folder.count)).map {
                PartTag(number: $0, etag: info.versionID ?? "", checksum: info.checksum, size: info.size)
            }
        }
    }

    func complete(_ tags: [PartTag]) async throws(TransferError) -> ObjectInfo {
        let tags = tags.sorted { $0.number < $1.number }
        var sources = tags.map { (name: name($0.number), generation: $0.etag) }
        var joined = 0
        while sources.count > Self.most {
            var next: [(name: String, generation: String)] = []
            for start in stride(from: 0, to: sources.count, by: Self.most) {
                joined += 1
                let target = "\(folder)joined-\(joined)"
                let info = try await compose(Array(sources[start...].prefix(Self.most)), into: target)
                next.append((target, info.versionID ?? ""))
            }
            sources = next
        }
        _ = try await compose(sources, into: key)
        let info = try await store.compared(key, tags)
        // The object is there: what is left behind is no failure.
        try? await abort()
        return info
    }

    func abort() async throws(TransferError) {
        for info in try await stored() { try await store.remove(info.key, generation: info.versionID) }
    }

    private func name(_ number: Int) -> String { folder + padded(number, 5) }

    private func compose(_ sources: [(name: String, generation: String)], into target: String)
        async throws(TransferError) -> ObjectInfo
    {
        let objects = sources.map { source in
            JSONValue.object(present: [
                "name": .string(source.name),
                "objectPreconditions": source.generation.isEmpty
                    ? nil : ["ifGenerationMatch": .string(source.generation)],
            ])
        }
        var call = GoogleCall(method: "POST", path: "\(store.path(of: target))/compose")
        call.carry([
            "sourceObjects": .array(objects),
            "destination": GoogleObject.resource(target, attributes, storageClass: store.service.settings.storageClass),
        ])
        call.timeouts = .joining
        return try GoogleObject.info(try await store.answer(call, target).body, object: store.url(target))
    }

    private func stored() async throws(TransferError) -> [ObjectInfo] {
        var objects: [ObjectInfo] = []
        var token: String?
        repeat {
            let page = try await store.list(prefix: folder, after: token).getting(on: token, of: store.url(folder))
            objects += page.objects
            token = page.next
        } while token != nil
        return objects
    }
}

extension GoogleStore {
    /// What was made of `tags`. Throws `.checksum` where it is not what they are together.
    func compared(_ key: String, _ tags: [PartTag]) async throws(TransferError) -> ObjectInfo {
        let info = try await stat(key)
        if let whole = tags.checksum(.crc32c), let found = info.checksum, found != whole {
            throw .mismatch(url(key), whole, found, hint: "it was damaged in the store; store it again")
        }
        return info
    }
}
