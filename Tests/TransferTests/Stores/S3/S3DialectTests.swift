import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// What servers that speak S3 demand, and what a bucket's owner does not grant.
struct S3DialectTests {
    private static let begun = "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>"
    private static let done =
        "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>"

    /// MinIO before 2025 takes the whole's checksum for one of the parts' checksums, and refuses it.
    @Test(arguments: [
        (["x-amz-checksum-algorithm: CRC32C", "x-amz-checksum-type: FULL_OBJECT"], true),
        (["x-amz-checksum-algorithm: CRC32C", "x-amz-checksum-type: COMPOSITE"], false),
        (["x-amz-checksum-algorithm: CRC32C"], false), ([], false),
    ])
    func `the whole's checksum is told to who compares it`(told: [String], isSent: Bool) async throws {
        let s3 = try ScriptedS3(checksum: .crc32c) { request in
            if request.target.hasSuffix("uploads=") { return [.ok(Self.begun, headers: told)] }
            return request["x-amz-checksum-crc32c"] == nil || told.contains("x-amz-checksum-type: FULL_OBJECT")
                ? [.ok(Self.done)] : ScriptedS3.error(400, "XAmzContentChecksumMismatch")
        }
        defer { s3.server.stop() }
        let upload = try await s3.store.beginMultipart("key", ObjectAttributes())
        let whole = StreamTransfer.checksum(Array("abcdef".utf8), .crc32c)
        let tags = ["abc", "def"].enumerated().map { index, text in
            PartTag(
                number: index + 1, etag: "\"\(index)\"",
                checksum: StreamTransfer.checksum(Array(text.utf8), .crc32c), size: 3)
        }
        #expect(try await upload.complete(tags).checksum == whole)
        #expect(s3.server.requests.last?["x-amz-checksum-crc32c"] == (isSent ? whole.base64 : nil))
    }

    @Test(arguments: [
        ("", false), ("<ChecksumAlgorithm>CRC32C</ChecksumAlgorithm>", true),
        ("<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>", true),
        ("<ChecksumAlgorithm>CRC32C</ChecksumAlgorithm><ChecksumType>COMPOSITE</ChecksumType>", false),
        ("<ChecksumAlgorithm>SHA1</ChecksumAlgorithm>", false),
    ])
    func `a listing says whether asking for a checksum is worth it`(told: String, isWorth: Bool) throws {
        let document = "<ListBucketResult><Contents><Key>a</Key><Size>1</Size>\(told)</Contents></ListBucketResult>"
        let page = try S3Listing.page(Array(document.utf8), object: "s3://bucket/")
        #expect(page.objects.map(\.hasChecksum) == [isWorth])
    }

    /// `s3:GetObject` lets nobody name a version, not even the one that is there.
    @Test(arguments: [("\"e\"", "v1", false), ("", "v1", true), ("\"e\"", "", false)])
    func `a version is named only where nothing else pins it`(tag: String, id: String, isNamed: Bool) async throws {
        let (etag, version) = (tag.isEmpty ? nil : tag, id.isEmpty ? nil : id)
        let s3 = try ScriptedS3 { _ in
            let told = (etag.map { ["ETag: \($0)"] } ?? []) + (version.map { ["x-amz-version-id: \($0)"] } ?? [])
            return [.respond(206, headers: told + ["Content-Range: bytes 0-1/9"], body: [1, 2])]
        }
        defer { s3.server.stop() }
        let info = ObjectInfo(key: "key", size: 9, etag: etag, versionID: version)
        _ = try await s3.store.read("key", range: 0..<2, matching: info, into: BytesSink())
        #expect(s3.server.requests.last?.target == "/bucket/key" + (isNamed ? "?versionId=v1" : ""))
        #expect(s3.server.requests.last?["If-Match"] == etag)
    }

    @Test func `the clock is set once, however many are told that it is wrong`() {
        let clock = ServerClock { 100 }
        for _ in 0..<3 { clock.correct(to: 3_700) }
        #expect(clock.now() == 3_700)
    }

    @Test(arguments: ["stat", "read"]) func `a version that is missing is told by its id`(call: String) async throws {
        let s3 = try ScriptedS3 { request in
            request.method == "HEAD"
                ? [.send("HTTP/1.1 404 Not Found\r\n\r\n"), .close] : ScriptedS3.error(404, "NoSuchVersion")
        }
        defer { s3.server.stop() }
        let store = s3.store.bucket.service.store(bucket: "bucket", version: "v 1")
        let error = await failure { () throws(TransferError) in
            if call == "stat" {
                _ = try await store.stat("key")
            } else {
                _ = try await store.read("key", range: nil, matching: nil, into: BytesSink())
            }
        }
        #expect(error?.reason == .notFound)
        #expect(error?.object == "s3://bucket/key?versionId=v 1")
    }

    @Test(arguments: [
        ("plain text", "plain text"), ("grün", "=?UTF-8?B?Z3LDvG4=?="),
        (
            String(repeating: "ü", count: 23),
            "=?UTF-8?B?w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7zDvMO8w7w=?= =?UTF-8?B?w7w=?="
        ),
    ])
    func `metadata beyond ASCII goes in encoded words`(value: String, sent: String) async throws {
        let s3 = try ScriptedS3 { _ in [.respond(200, headers: ["ETag: \"e\""])] }
        defer { s3.server.stop() }
        _ = try await s3.store.write("key", BytesSource("x"), ObjectAttributes(metadata: ["note": value]))
        #expect(s3.server.requests.last?["x-amz-meta-note"] == sent)
    }

    @Test func `a server that takes no checksums says how it is spoken to`() async throws {
        let s3 = try ScriptedS3 { _ in
            let words =
                "<Error><Code>InvalidArgument</Code><Message>Unsupported header 'x-amz-checksum-crc32c'</Message></Error>"
            return [.respond(400, body: Array(words.utf8))]
        }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.write("key", BytesSource("x"), ObjectAttributes())
        }
        #expect(error?.reason == .configuration)
        #expect(error?.hint?.contains("AWS_REQUEST_CHECKSUM_CALCULATION=when_required") == true)
    }

    @Test(arguments: [
        ("eu-west-1", "amazonaws.com"), ("us-gov-east-1", "amazonaws.com"), ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"), ("us-iso-east-1", "c2s.ic.gov"), ("us-isob-east-1", "sc2s.sgov.gov"),
    ])
    func `each partition has its domain`(region: String, domain: String) {
        #expect(S3Endpoint.domain(of: region) == domain)
    }

    /// The same code for things that have different remedies.
    @Test(arguments: [
        (
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock",
            "unset AWS_REQUEST_CHECKSUM_CALCULATION"
        ),
        ("Unsupported x-amz-checksum-crc32c", "AWS_REQUEST_CHECKSUM_CALCULATION=when_required"),
        ("", "https:// endpoint"),
    ])
    func `an invalid request is told with its remedy`(message: String, remedy: String) async throws {
        let s3 = try ScriptedS3 { _ in
            let document = "<Error><Code>InvalidRequest</Code><Message>\(message)</Message></Error>"
            return [.respond(400, body: Array(document.utf8))]
        }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.write("key", BytesSource("x"), ObjectAttributes())
        }
        #expect(
            error?.reason == .configuration && error?.hint?.contains(remedy) == true, "\(String(describing: error))")
    }

    @Test func `a document behind the blanks that kept its connection alive is read`() async throws {
        let s3 = try ScriptedS3 { _ in
            [
                .ok(
                    "  \r\n <?xml version=\"1.0\"?><CompleteMultipartUploadResult><ETag>\"e\"</ETag>"
                        + "</CompleteMultipartUploadResult>")
            ]
        }
        defer { s3.server.stop() }
        let upload = s3.store.resumeMultipart("key", id: "id")
        #expect(try await upload.complete([PartTag(number: 1, etag: "\"e\"", checksum: nil)]).etag == "\"e\"")
    }
}
