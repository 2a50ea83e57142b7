import Basics

/// The ETag that S3 gives an object stored in parts: the MD5 of the parts' MD5s, and their number.
enum MultipartETag {
    /// With quotes; `nil` where a part's ETag is no MD5, as under KMS.
    static func joining(_ parts: [String]) -> String? {
        var digest = MessageDigest(.md5)
        for part in parts {
            guard let bytes = Hex.decode(part.filter { $0 != "\"" }), bytes.count == 16 else { return nil }
            bytes.withUnsafeBytes { digest.update($0) }
        }
        return "\"\(Hex.encode(digest.bytes))-\(parts.count)\""
    }
}
