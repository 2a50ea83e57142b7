internal import Basics
internal import HTTPTransport

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
