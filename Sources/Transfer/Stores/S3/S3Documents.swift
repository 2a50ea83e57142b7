internal import Basics
internal import HTTPTransport

/// Reads the documents in which S3 lists objects, parts and uploads.
enum S3Listing {
    static func page(_ document: [UInt8], object: String) throws(TransferError) -> ObjectPage {
        let root = try root(document, named: "ListBucketResult", object: object)
        let decode = decoder(root)
        var objects: [ObjectInfo] = []
        for entry in root.all("Contents") {
            guard let key = entry["Key"].flatMap({ decode($0.text) }),
                let size = entry.value("Size").flatMap({ Int64($0) })
            else { throw unreadable(object) }
            var info = ObjectInfo(
                key: key, size: size, etag: entry.value("ETag"), lastModified: entry.value("LastModified"))
            info.hasChecksum = entry.namesChecksum
            objects.append(info)
        }
        guard root.value("IsTruncated") == "true" else { return ObjectPage(objects: objects, next: nil) }
        guard let next = root.value("NextContinuationToken"), !next.isEmpty else {
            throw TransferError(object, .protocolViolation, "the listing goes on but the server does not say where")
        }
        return ObjectPage(objects: objects, next: next)
    }

    static func parts(_ document: [UInt8], object: String) throws(TransferError) -> (parts: [PartTag], next: String?) {
        // Some servers end the name in `Output`.
        let root = try root(document, named: "ListParts", object: object)
        var parts: [PartTag] = []
        for entry in root.all("Part") {
            guard let number = entry.value("PartNumber").flatMap({ Int($0) }), let etag = entry.value("ETag") else {
                throw unreadable(object)
            }
            let size = entry.value("Size").flatMap { Int64($0) }
            parts.append(PartTag(number: number, etag: etag, checksum: entry.amazonChecksum, size: size))
        }
        let next = root.value("IsTruncated") == "true" ? root.value("NextPartNumberMarker") : nil
        return (parts, next)
    }

    static func uploads(_ document: [UInt8], object: String) throws(TransferError)
        -> (uploads: [UnfinishedUpload], next: (key: String, id: String)?)
    {
        let root = try root(document, named: "ListMultipartUploads", object: object)
        let decode = decoder(root)
        let uploads = root.all("Upload").compactMap { entry -> UnfinishedUpload? in
            guard let id = entry.value("UploadId"), let key = decode(entry["Key"]?.text ?? "") else { return nil }
            return UnfinishedUpload(key: key, id: id, initiated: entry.value("Initiated"))
        }
        guard root.value("IsTruncated") == "true", let key = root["NextKeyMarker"].flatMap({ decode($0.text) }),
            let id = root.value("NextUploadIdMarker")
        else { return (uploads, nil) }
        return (uploads, (key, id))
    }

    private static func root(_ document: [UInt8], named name: String, object: String) throws(TransferError)
        -> XMLElement
    {
        guard let root = XMLElement(parsing: document), root.name.hasPrefix(name) else { throw unreadable(object) }
        return root
    }

    /// Keys come percent-encoded (with `+` for a space) where the server says so, because XML cannot hold every
    /// character; a server that does not know `encoding-type` sends them as they are.
    private static func decoder(_ root: XMLElement) -> (String) -> String? {
        guard root.value("EncodingType") == "url" else { return { $0 } }
        return { PercentEncoding.decode($0, plusIsSpace: true) }
    }

    private static func unreadable(_ object: String) -> TransferError {
        TransferError(
            object, .protocolViolation, "the server's listing cannot be read", hint: "check that the endpoint speaks S3"
        )
    }
}

extension XMLElement {
    private static let algorithms = [ChecksumAlgorithm.crc64nvme, .crc32c, .sha256]

    /// The checksum that stands in a document, cheapest first.
    var amazonChecksum: Checksum? {
        Self.algorithms.lazy.compactMap { algorithm in
            algorithm.s3Name.flatMap { value("Checksum\($0)") }.flatMap { Checksum(algorithm, base64: $0) }
        }.first
    }

    /// Whether an entry of a listing, which tells no checksum, says that there is one of the whole object.
    fileprivate var namesChecksum: Bool {
        let names = all("ChecksumAlgorithm").map(\.text)
        return value("ChecksumType") != "COMPOSITE"
            && Self.algorithms.contains { $0.s3Name.map(names.contains) ?? false }
    }
}

/// What S3's response headers say of an object.
enum S3Response {
    static func info(_ key: String, _ head: HTTPResponseHead) -> ObjectInfo {
        let checksum = head.amazonChecksum
        var info = ObjectInfo(
            key: key, size: head.objectSize, etag: head.headers["ETag"], versionID: version(head),
            lastModified: head.headers["Last-Modified"], checksum: checksum.whole)
        info.isComposite = checksum.isComposite
        return info
    }

    /// `null` is what an unversioned object has in a versioned bucket, and names it well.
    static func version(_ head: HTTPResponseHead) -> String? { head.headers["x-amz-version-id"] }
}
