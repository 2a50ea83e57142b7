internal import Basics
internal import Glibc
internal import HTTPTransport

/// Stores single files: small ones from memory, middling ones in one request, large ones in parts at once.
struct Upload: Sendable {
    let requests: StoreRequests
    let folder: ConfinedFolder
    let journal: any TransferJournal

    var configuration: TransferConfiguration { requests.configuration }
    var meter: TransferMeter { requests.meter }

    /// Read into memory whole, so that what was digested is what is sent.
    private static let memoryLimit: Int64 = 256 << 10

    /// Returns when the store has confirmed the object and the file is still what it was.
    func run(_ item: StoreItem) async throws(TransferError) -> (StoredRecord, isNew: Bool) {
        let file = try open(item.path)
        if var record = journal.stored(at: item.url) {
            if record.file == file.identity, record.path.isSame(as: item.path) { return (record, false) }
            // From here on nobody knows what the object is, should this upload not come to its end.
            record.file = .none
            journal.record(record)
        }
        if let record = try await existing(item, file) { return (record, false) }
        let plan = PartPlan(
            size: file.identity.size, limits: item.store.traits.multipart, partSize: configuration.partSize)
        var digester = SourceDigester(
            sha256: configuration.digestsOutputs, algorithm: item.store.traits.checksum)
        let info: ObjectInfo
        if let plan {
            info = try await MultipartTransfer(upload: self, item: item, file: file, plan: plan).run(&digester)
        } else {
            info = try await storeWhole(item, file, &digester)
        }
        try file.checkUnchanged()
        if let size = info.size, size != file.identity.size {
            throw TransferError(
                item.url, .length(expected: file.identity.size, found: size),
                "the store holds \(size) bytes, sent were \(file.identity.size)")
        }
        var record = StoredRecord(
            path: item.path, url: item.url, size: file.identity.size, etag: info.etag, versionID: info.versionID,
            sha256: digester.digest?.hex, file: file.identity)
        record.checksum = info.isComposite ? nil : info.checksum?.text
        journal.record(record)
        return (record, true)
    }

    /// The object that stands at the target already, where that is wanted and it is the file.
    func existing(_ item: StoreItem, _ file: SourceFile) async throws(TransferError) -> StoredRecord? {
        guard configuration.skipsExisting else { return nil }
        let info: ObjectInfo
        do throws(TransferError) {
            info = try await requests.stat(item.store, item.key, item.url)
        } catch  where error.reason == .notFound {
            return nil
        }
        guard try await file.isSame(as: info, .stored, meter) else { return nil }
        return StoredRecord(
            path: item.path, url: item.url, size: file.identity.size, etag: info.etag, versionID: info.versionID,
            file: file.identity)
    }

    /// A link is followed as long as it stays in the folder.
    func open(_ path: String) throws(TransferError) -> SourceFile {
        // Not blocking, should a pipe have taken the file's place.
        let descriptor = try folder.openSource(path, O_RDONLY | O_NONBLOCK)
        return try SourceFile(descriptor: descriptor, display: folder.display(path))
    }

    private func storeWhole(_ item: StoreItem, _ file: SourceFile, _ digester: inout SourceDigester)
        async throws(TransferError) -> ObjectInfo
    {
        let size = file.identity.size
        guard size <= Self.memoryLimit else {
            let checksum = try await digester.passInPool(file, 0..<size, meter)
            let source = FileSource(file, 0..<size, meter: meter)
            do throws(TransferError) {
                return try await send(item, checksum, source, bytes: 0)
            } catch {
                throw source.failure ?? error
            }
        }
        // One byte more shows a file that has grown.
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Int(size) + 1, alignment: 16)
        defer { buffer.deallocate() }
        let count = try file.read(into: buffer, at: 0)
        guard count == Int(size) else { throw file.changed }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        let checksum = digester.pass(bytes, meter)
        let content = [UInt8](bytes)
        return try await send(item, checksum, BytesSource(content, meter: meter), bytes: count)
    }

    private func send(_ item: StoreItem, _ checksum: Checksum?, _ source: any ObjectContent, bytes: Int)
        async throws(TransferError) -> ObjectInfo
    {
        let attributes = ObjectAttributes(checksum: checksum)
        return try await requests.run(
            item.url, bytes: bytes, counting: source as? FileSource, length: source.length ?? .max
        ) { () async throws(TransferError) in
            _ = source.rewind()
            return try await item.store.write(item.key, source, attributes)
        }
    }
}

extension Upload {
    /// Clocks of stores and pods differ.
    private static let clockDifference: Int64 = 300

    /// Ends an upload in parts that an earlier process has begun; one whose name it never learnt is looked for: uploads of
    /// this very object that were begun when it was about to begin one. Others' are left alone; what cannot be looked at or
    /// ended is told and left to the bucket's own rules.
    func abandon(_ record: UploadRecord, _ item: StoreItem) async {
        let earliest = max(record.begun ?? .max, 0) - Self.clockDifference
        do throws(TransferError) {
            var ids = [record.id]
            if record.id.isEmpty {
                ids = try await item.store.unfinishedUploads(prefix: item.key)
                    .filter { $0.key.isSame(as: item.key) && ($0.began ?? .min) >= earliest }.map(\.id)
            }
            for id in ids { try await item.store.resumeMultipart(item.key, id: id).abort() }
        } catch  where error.reason != .notFound {
            requests.onEvent(
                .told(item.url, "an upload of an earlier process may be left in the store: \(error.message)"))
        } catch {}
        journal.forgetUpload(at: item.url)
    }
}

/// One file on its way to one object.
struct StoreItem: Sendable {
    var store: any ObjectStore
    var key: String
    /// Fit for messages and records.
    var url: String
    /// Below the folder of outputs.
    var path: String
    var priority: Int
    /// Where someone has said so.
    var contentType: String?
    /// What becomes this object together; `nil`: the file at `path`.
    var pack: Pack?
}
