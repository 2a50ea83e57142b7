internal import HTTPTransport

/// What S3's response headers say of an object.
enum S3Response {
    static func info(_ key: String, _ head: HTTPResponseHead) -> ObjectInfo {
        let range = head.headers["Content-Range"].flatMap(ContentRange.init)
        let size = head.status == 206 ? range?.total : head.headers["Content-Length"].flatMap { Int64($0) }
        return ObjectInfo(
            key: key, size: size, etag: head.headers["ETag"], versionID: version(head),
            lastModified: head.headers["Last-Modified"], checksum: checksum(head))
    }

    /// `null` is what an unversioned object has in a versioned bucket, and names it well.
    static func version(_ head: HTTPResponseHead) -> String? { head.headers["x-amz-version-id"] }

    /// The checksum of the whole content, cheapest first; one of parts' checksums does not count.
    static func checksum(_ head: HTTPResponseHead) -> Checksum? {
        guard head.headers["x-amz-checksum-type"]?.uppercased() != "COMPOSITE" else { return nil }
        for algorithm in [ChecksumAlgorithm.crc64nvme, .crc32c, .sha256] {
            if let value = head.headers[algorithm.s3Header], let checksum = Checksum(algorithm, base64: value) {
                return checksum
            }
        }
        return nil
    }
}
