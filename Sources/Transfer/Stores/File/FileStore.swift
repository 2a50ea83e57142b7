internal import HTTPTransport

/// Files that an operator named, by path. Inputs in the workdir are not written through it but through the engine's
/// confined writer.
struct FileStore: ObjectStore {
    let traits = StoreTraits(ranges: true, lists: true, multipart: nil, checksum: nil)

    func stat(_ key: String) async throws(TransferError) -> ObjectInfo {
        let file = try LocalFile(key)
        return file.info
    }

    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage {
        try FileListing.page(prefix: prefix, after: token)
    }

    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any HTTPBodySink
    ) async throws(TransferError) -> ObjectInfo {
        let file = try LocalFile(key)
        let info = file.info
        if let matching, let difference = ResponseCheck.difference(between: matching, and: info) {
            throw TransferError(
                object: key, reason: .changed, message: "the file changed while it was read: \(difference)")
        }
        try await FileFeed(file, range: range ?? 0..<file.size, into: sink).run()
        // A file has no snapshot: what was read is whole only if it is still the same.
        let after = try LocalFile(key).info
        guard after.size == info.size, after.etag == info.etag else {
            throw TransferError(object: key, reason: .changed, message: "the file changed while it was read")
        }
        return info
    }

    func write(_ key: String, _ content: any HTTPBodySource, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo
    {
        try await FileDrain(path: key).run(content)
    }

    func info(_ key: String, from head: HTTPResponseHead) -> ObjectInfo { WebResponse.info(key, head) }
}
