extension StreamTransfer {
    /// One upload in parts: whatever `body` throws, or a part that fails, aborts it.
    func uploading(
        to target: End, _ body: (any MultipartUpload) async throws(TransferError) -> [PartTag]
    ) async throws(TransferError) {
        let upload = try await exchanges.perform(target.url, bytes: 0) { () async throws(TransferError) in
            try await target.place.store.beginMultipart(target.key, ObjectAttributes())
        }
        do throws(TransferError) {
            let tags = try await body(upload).sorted { $0.number < $1.number }
            _ = try await exchanges.perform(target.url, bytes: 0) { () async throws(TransferError) in
                try await upload.complete(tags)
            }
        } catch {
            await abort(upload, target)
            throw error
        }
    }

    func send(
        _ bytes: [UInt8], _ checksum: ChecksumAccumulator, _ number: Int, to upload: any MultipartUpload, _ url: String
    )
        async throws(TransferError) -> PartTag
    {
        try await exchanges.perform(url, bytes: 0) { () async throws(TransferError) in
            try await upload.part(number, BytesSource(bytes), checksum: checksum.checksum)
        }
    }

    /// In a task of its own: this one may be cancelled, which would stop the very request.
    private func abort(_ upload: any MultipartUpload, _ target: End) async {
        let done = await Task { await Result { () async throws(TransferError) in try await upload.abort() } }.value
        if case .failure(let error) = done {
            exchanges.onEvent(.note(path: target.url, "parts of it may be left in the store: \(error)"))
        }
    }
}
