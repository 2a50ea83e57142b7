internal import Basics
internal import HTTPTransport

/// One request to a bucket, before endpoint and signature.
struct S3Call {
    var method: String
    /// `nil` for the bucket itself.
    var key: String?
    var query: [(name: String, value: String)] = []
    var headers: HTTPHeaders = [:]
    var body: HTTPRequestBody = .none
    var payload = SigV4.emptyPayload
    /// `nil`: those of the store.
    var timeouts: HTTPTimeouts?

    init(_ method: String, _ key: String?) {
        self.method = method
        self.key = key
    }

    /// A document, small enough to be hashed.
    mutating func carry(_ document: String) {
        let bytes = Array(document.utf8)
        body = .bytes(bytes)
        payload = Hex.encode(MessageDigest.sha256(bytes))
        headers["Content-Type"] = "application/xml"
    }

    /// Content as it is streamed. Hashing it first would read it twice, so the body is signed only where its SHA-256
    /// is known anyway; its checksum header is signed and verified by the store in any case.
    mutating func carry(_ content: any ObjectContent, checksum: Checksum?) {
        body = .source(content)
        payload = checksum.flatMap { $0.algorithm == .sha256 ? $0.hex : nil } ?? SigV4.unsignedPayload
        if let checksum { headers[checksum.algorithm.s3Header] = checksum.base64 }
    }
}

/// Whoever carries out such calls: a bucket of S3, or one of Google's, which knows some of them.
protocol S3Caller: Sendable {
    /// The object's URL in errors.
    func url(_ key: String?) -> String
    /// The whole answer; throws what is no success.
    func answer(_ call: S3Call) async throws(TransferError) -> ResponseGate.Answer
}

extension S3Caller {
    /// Uploads under `prefix` that are neither complete nor aborted.
    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] {
        var uploads: [UnfinishedUpload] = []
        var marker: (key: String, id: String)?
        while true {
            var call = S3Call("GET", nil)
            call.query = [("uploads", ""), ("encoding-type", "url"), ("prefix", prefix)]
            if let marker { call.query += [("key-marker", marker.key), ("upload-id-marker", marker.id)] }
            let page = try S3Listing.uploads(try await answer(call).body, object: url(prefix))
            uploads += page.uploads
            guard let next = page.next, marker.map({ $0 != next }) ?? true else { return uploads }
            marker = next
        }
    }
}

extension ChecksumAlgorithm {
    /// The header that carries it to S3 and back.
    var s3Header: String {
        switch self {
        case .crc32c: "x-amz-checksum-crc32c"
        case .crc64nvme: "x-amz-checksum-crc64nvme"
        case .sha256: "x-amz-checksum-sha256"
        case .md5: "Content-MD5"
        }
    }

    /// Its name in S3's documents and `x-amz-checksum-algorithm`; `nil` for one that S3 does not list there.
    var s3Name: String? {
        switch self {
        case .crc32c: "CRC32C"
        case .crc64nvme: "CRC64NVME"
        case .sha256: "SHA256"
        case .md5: nil
        }
    }
}
