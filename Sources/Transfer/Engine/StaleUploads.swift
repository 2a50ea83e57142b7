/// Uploads in parts that nobody has ended: their parts cost money and are seen by no listing.
extension TransferEngine {
    /// Those of the objects that `url` means, of all that `filter` admits, which were begun before a moment in seconds since
    /// 1970. Uploads of which the store does not say when they were begun are told and left out.
    package func staleUploads(
        _ url: String, before moment: Int64, _ filter: NameFilter? = nil,
        onEvent: @escaping TransferEventHandler = { _ in }
    ) async throws(TransferError) -> [StaleUpload] {
        let place = try stores.resolve(url)
        guard place.store.traits.listsUploads else {
            throw TransferError(
                url, .configuration, "this store has no uploads in parts that stay",
                hint: "S3 and Google Cloud Storage keep them; Azure drops blocks that nobody commits after a week")
        }
        let plan = try InputPlan(key: place.key, to: "", lists: true, filter: filter)
        let prefix = if case .object(let key) = plan.source { key } else { plan.prefix }
        let uploads = try await requests(onEvent).run(url, bytes: 0) { () async throws(TransferError) in
            try await place.store.unfinishedUploads(prefix: prefix)
        }
        return uploads.compactMap { upload in
            if case .object(let key) = plan.source, !upload.key.isSame(as: key) { return nil }
            guard plan.destination(of: upload.key) != nil else { return nil }
            let object = place.url(of: upload.key)
            guard let began = upload.began else {
                onEvent(.told(object, "an upload of it is left, and the store does not say since when"))
                return nil
            }
            return began < moment ? StaleUpload(url: object, upload: upload, began: began, store: place.store) : nil
        }
    }

    /// Aborts them, as many at once as requests may be, and tells of each that is gone.
    package func abort(
        _ uploads: [StaleUpload], onEvent: @escaping TransferEventHandler = { _ in },
        aborted: @escaping @Sendable (StaleUpload) -> Void
    ) async -> TransferReport {
        let requests = requests(onEvent)
        return await bounded(onEvent) { [configuration] onEvent in
            var report = TransferReport()
            let failures = try? await inParallel(uploads.count, atOnce: configuration.maximumConcurrency) {
                (index) async throws(TransferError) -> TransferError? in
                let stale = uploads[index]
                do throws(TransferError) {
                    try await requests.run(stale.url, bytes: 0) { () async throws(TransferError) in
                        try await stale.store.resumeMultipart(stale.upload.key, id: stale.upload.id).abort()
                    }
                    aborted(stale)
                    return nil
                } catch {
                    onEvent(.failed(error))
                    return error
                }
            }
            for case let failure? in failures ?? [] { report.add(failure) }
            return report
        }
    }
}

package struct StaleUpload: Sendable {
    /// Of the object that it was to become.
    package var url: String
    let upload: UnfinishedUpload
    /// Seconds since 1970.
    package var began: Int64
    let store: any ObjectStore

    package var id: String { upload.id }
}
