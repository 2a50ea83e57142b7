/// What was read of an object, before anybody else sees it.
struct FetchedContent: Sendable {
    var info: ObjectInfo
    var size: Int64
    /// The store's checksum of the whole object, and the one found.
    var expected: Checksum?
    var found: Checksum?
    /// Of the content, where it was cheap to have already.
    var sha256: [UInt8]?
}

extension Download {
    /// Compares the store's checksum and the user's. Throws `.checksum`, naming both values.
    func verify(_ item: FetchItem, _ content: FetchedContent, _ file: TemporaryFile) async throws(TransferError) {
        if let expected = content.expected, let found = content.found, expected.algorithm == found.algorithm,
            expected != found
        {
            throw .mismatch(
                item.url, expected, found, hint: "the object was damaged in the store or on its way; fetch it again")
        }
        guard let wanted = item.sha256 else { return }
        let found: [UInt8]
        if let known = content.sha256 {
            found = known
        } else {
            let (size, meter) = (content.size, meter)
            found = try await BlockingPool.shared.run { () throws(TransferError) in
                try DigestTimer.sha256(of: file, size: size, meter)
            }
        }
        guard found == wanted else {
            throw .mismatch(
                item.url, Checksum(.sha256, wanted), Checksum(.sha256, found),
                hint: "compare the digest in the configuration with the object's source")
        }
    }
}

extension TransferError {
    static func mismatch(_ object: String, _ expected: Checksum, _ found: Checksum, hint: String) -> TransferError {
        TransferError(
            object: object, reason: .checksum(expected: expected.hex, found: found.hex),
            message: "its \(expected.algorithm.rawValue) is \(found.hex), expected \(expected.hex)", hint: hint)
    }
}
