internal import Basics

/// One upload in parts, from `begin` to `complete`, or to `abort` whatever goes wrong. One that somebody ends meanwhile is
/// begun anew once.
struct MultipartTransfer: Sendable {
    let upload: Upload
    let item: StoreItem
    let file: SourceFile
    let plan: PartPlan

    private var requests: StoreRequests { upload.requests }

    func run(_ digester: inout SourceDigester) async throws(TransferError) -> ObjectInfo {
        let fresh = digester
        do throws(TransferError) {
            return try await runOnce(&digester)
        } catch  where error.reason == .uploadEnded && !Task.isCancelled {
            requests.tellRestart(error)
            digester = fresh
            return try await runOnce(&digester)
        }
    }

    private func runOnce(_ digester: inout SourceDigester) async throws(TransferError) -> ObjectInfo {
        let (multipart, stored) = try await begin()
        do throws(TransferError) {
            let tags = try await sendParts(of: multipart, stored, &digester)
            // Before it becomes visible: an object of a file that changed must never exist.
            try file.checkUnchanged()
            let info = try await requests.run(item.url, bytes: 0) { () async throws(TransferError) in
                try await multipart.complete(tags)
            }
            upload.journal.forgetUpload(at: item.url)
            return info
        } catch {
            // What could not be ended stands in the journal, for the next process.
            if await requests.abort(multipart, of: item.path) { upload.journal.forgetUpload(at: item.url) }
            throw error
        }
    }

    private func sendParts(
        of multipart: any MultipartUpload, _ stored: [Int: PartTag], _ digester: inout SourceDigester
    ) async throws(TransferError) -> [PartTag] {
        // Digested in order while earlier parts are on their way.
        try await inParallel(plan.count, atOnce: upload.configuration.maximumConcurrency) {
            (index) async throws(TransferError) in
            try await digester.passInPool(file, plan[index], upload.meter)
        } then: { (index, checksum) async throws(TransferError) in
            let (number, range) = (index + 1, plan[index])
            if let tag = stored[number], try await holds(tag, range, checksum) { return tag }
            return try await send(number, range, checksum, to: multipart)
        }
    }

    private func send(_ number: Int, _ range: Range<Int64>, _ checksum: Checksum?, to multipart: any MultipartUpload)
        async throws(TransferError) -> PartTag
    {
        let source = FileSource(file, range, meter: upload.meter)
        return try await requests.run(item.url, bytes: 0, counting: source, length: source.length ?? 0) {
            () async throws(TransferError) in
            _ = source.rewind()
            do throws(TransferError) {
                return try await multipart.part(number, source, checksum: checksum)
            } catch {
                throw source.failure ?? error
            }
        }
    }

    /// A new upload, or one that an earlier process began here, with the parts it holds.
    private func begin() async throws(TransferError) -> (any MultipartUpload, stored: [Int: PartTag]) {
        if let record = upload.journal.upload(at: item.url) {
            let resumed = await Result { () async throws(TransferError) in
                guard !record.id.isEmpty else { throw .cancelled(item.url) }
                let multipart = try item.store.resumeMultipart(item.key, id: record.id)
                return (multipart, try await multipart.storedParts())
            }
            if case .success(let (multipart, tags)) = resumed {
                return (multipart, Dictionary(tags.map { ($0.number, $0) }, uniquingKeysWith: { $1 }))
            }
            // Completed, aborted or expired meanwhile: whatever it was, a new one takes its place.
            await upload.abandon(record, item)
        }
        // Before the store is asked: who is killed between its answer and the next line leaves an upload that costs money
        // and that nobody knows.
        upload.journal.record(UploadRecord(url: item.url, id: "", begun: systemEpochClock()))
        let multipart = try await requests.run(item.url, bytes: 0) { () async throws(TransferError) in
            try await item.store.beginMultipart(item.key, ObjectAttributes())
        }
        upload.journal.record(UploadRecord(url: item.url, id: multipart.id))
        return (multipart, [:])
    }

    /// Whether a stored part is this stretch of the file, told by content: the file may be another by now.
    private func holds(_ tag: PartTag, _ range: Range<Int64>, _ checksum: Checksum?) async throws(TransferError) -> Bool
    {
        guard tag.size == range.upperBound - range.lowerBound else { return false }
        if let checksum, let stored = tag.checksum, stored.algorithm == checksum.algorithm { return stored == checksum }
        var digester = SourceDigester(sha256: false, algorithm: .md5)
        let found = try await digester.passInPool(file, range, upload.meter)
        return found?.hex == tag.etag.filter { $0 != "\"" }.lowercased()
    }
}
