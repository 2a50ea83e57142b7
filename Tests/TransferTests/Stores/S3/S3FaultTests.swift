import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Servers that refuse, lie and fail.
struct S3FaultTests {
    @Test(arguments: [
        (404, "NoSuchKey", TransferError.Reason.notFound),
        (404, "NoSuchBucket", .noBucket),
        (403, "AccessDenied", .permission),
        (403, "SignatureDoesNotMatch", .credentials),
        (403, "InvalidObjectState", .permission),
        (503, "SlowDown", .throttled(retryAfter: .seconds(7))),
        (503, "", .throttled(retryAfter: .seconds(7))),
        (429, "TooManyRequests", .throttled(retryAfter: .seconds(7))),
        (400, "KMS.ThrottlingException", .throttled(retryAfter: .seconds(7))),
        (404, "NoSuchUpload", .uploadEnded),
        (500, "InternalError", .server(status: 500)),
        (502, "", .server(status: 502)),
        (400, "RequestTimeout", .timeout),
        (412, "PreconditionFailed", .changed),
        (416, "InvalidRange", .changed),
        (400, "BadDigest", .network),
        (418, "", .server(status: 418)),
    ])
    func `each refusal has its meaning`(status: Int, code: String, reason: TransferError.Reason) async throws {
        let s3 = try ScriptedS3 { _ in ScriptedS3.error(status, code, headers: ["Retry-After: 7"]) }
        defer { s3.server.stop() }
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.read("key", range: 0..<3, matching: nil, into: sink)
        }
        #expect(error?.reason == reason)
        #expect(error?.object == "s3://bucket/key")
        #expect(error?.message.contains(code) == true)
        #expect(sink.begun.isEmpty)
        #expect(s3.server.requests.count == 1)
    }

    @Test(arguments: [
        (TransportError.Reason.nameResolution, TransferError.Reason.network), (.connect, .network),
        (.tls("self-signed"), .configuration), (.proxy("407"), .network), (.timeout("connect"), .timeout),
        (.timeout("firstByte"), .timeout), (.timeout("stall"), .timeout), (.timeout("total"), .timeout),
        (.connectionLost("reset"), .network), (.bodyLength("3 of 4"), .network), (.bodySink("full"), .local(errno: 5)),
        (.bodySource("gone"), .local(errno: 5)), (.cancelled, .cancelled), (.clientClosed, .cancelled),
        (.invalidRequest("x"), .configuration), (.malformedResponse("x"), .protocolViolation),
        (.tooLarge(limit: 9), .protocolViolation), (.other("x"), .network),
    ])
    func `each failure of an exchange has its meaning, in words`(
        transport: TransportError.Reason, reason: TransferError.Reason
    ) {
        let error = TransferError(TransportError(attempted: "GET http://h/x", reason: transport), object: "s3://b/k")
        #expect(error.reason == reason)
        #expect(error.message.hasPrefix("GET http://h/x: "))
        #expect(!error.message.contains("Reason") && !error.message.contains("("))
    }

    @Test(arguments: [
        ("bytes 0-3/10", TransferError.Reason.protocolViolation), ("bytes 1-4/10", .protocolViolation),
        ("bytes 0-4/11", .changed), ("bytes */10", .protocolViolation), ("items 0-4/10", .protocolViolation),
        ("", .protocolViolation),
    ])
    func `a range other than the one asked for is refused before its first byte`(
        header: String, reason: TransferError.Reason
    ) async throws {
        let s3 = try ScriptedS3 { _ in [.respond(206, headers: ["Content-Range: \(header)"], body: [1, 2, 3, 4, 5])] }
        defer { s3.server.stop() }
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.read("key", range: 0..<5, matching: ObjectInfo(key: "key", size: 10), into: sink)
        }
        #expect(error?.reason == reason)
        #expect(sink.begun.isEmpty && sink.bytes.isEmpty)
    }

    @Test func `a server that ignores ranges is seen before its first byte`() async throws {
        let s3 = try ScriptedS3 { _ in [.ok("0123456789")] }
        defer { s3.server.stop() }
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.read("key", range: 2..<5, matching: nil, into: sink)
        }
        #expect(error?.reason == .protocolViolation)
        #expect(sink.bytes.isEmpty)
        // The whole is what was asked for, in another form.
        _ = try await s3.store.read("key", range: 0..<10, matching: nil, into: sink)
        #expect(sink.text == "0123456789")
    }

    @Test(arguments: [
        (ObjectInfo(key: "key", size: 9), true), (ObjectInfo(key: "key", size: 10), false),
        (ObjectInfo(key: "key", size: 10, etag: "\"old\""), true),
        (ObjectInfo(key: "key", size: 10, etag: "\"new\""), false), (ObjectInfo(key: "key", size: nil), false),
        (ObjectInfo(key: "key", size: 10, versionID: "v1"), true),
    ])
    func `an object that is another one is refused`(expected: ObjectInfo, refused: Bool) async throws {
        let s3 = try ScriptedS3 { _ in
            [.ok("0123456789", headers: ["ETag: \"new\"", "x-amz-version-id: v2"])]
        }
        defer { s3.server.stop() }
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.read("key", range: nil, matching: expected, into: sink)
        }
        #expect(error?.reason == (refused ? .changed : nil))
        #expect(sink.bytes.isEmpty == refused)
        #expect(s3.server.requests.first?["If-Match"] == expected.etag)
    }

    @Test(arguments: [
        "<?xml version=\"1.0\"?>\n<Error><Code>InternalError</Code><Message>We failed</Message></Error>", "", "   ",
        "<html></html>",
    ])
    func `the end of an upload answered 200 without a result has failed`(document: String) async throws {
        let s3 = try ScriptedS3 { _ in [.ok(document)] }
        defer { s3.server.stop() }
        let upload = s3.store.resumeMultipart("key", id: "id")
        let error = await failure { () throws(TransferError) in
            _ = try await upload.complete([PartTag(number: 1, etag: "\"e\"", checksum: nil)])
        }
        #expect(error?.reason == .server(status: 500))
    }

    /// The MD5 of the MD5s of `a` and `b`, as AWS's own object of two such parts has it.
    @Test(arguments: [
        ("96a73a4b15a5ef9c5e6e2c3d7d1f8a3b-2", false), ("", false), (nil, true),
    ])
    func `an upload whose end was answered in vain is known by its ETag`(etag: String?, isOurs: Bool) async throws {
        let parts = ["\"0cc175b9c0f1b6a831c399e269772661\"", "\"92eb5ffee6ae2fec3ad71c777531578f\""]
        let ours = try #require(MultipartETag.joining(parts))
        let s3 = try ScriptedS3 { request in
            guard request.method == "HEAD" else { return ScriptedS3.error(404, "NoSuchUpload") }
            return [.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nETag: \(etag.map { "\"\($0)\"" } ?? ours)\r\n\r\n")]
        }
        defer { s3.server.stop() }
        let tags = parts.enumerated().map { PartTag(number: $0.offset + 1, etag: $0.element, checksum: nil) }
        let error = await failure { () throws(TransferError) in
            let info = try await s3.store.resumeMultipart("key", id: "id").complete(tags)
            #expect(info.etag == ours && info.size == 2)
        }
        #expect(error?.reason == (isOurs ? nil : .uploadEnded))
    }

    /// Under KMS no ETag is an MD5.
    @Test(arguments: [
        (6, "x-amz-checksum-crc32c: %\r\nx-amz-checksum-type: FULL_OBJECT", true),
        (6, "x-amz-checksum-crc32c: %", true),
        (7, "x-amz-checksum-crc32c: %\r\nx-amz-checksum-type: FULL_OBJECT", false),
        (6, "x-amz-checksum-crc32c: AAAAAA==", false), (6, "x-amz-checksum-type: FULL_OBJECT", false),
        (6, "x-amz-checksum-crc32c: %\r\nx-amz-checksum-type: COMPOSITE", false),
    ])
    func `an upload whose end was answered in vain is known by size and checksum`(
        size: Int, headers: String, isOurs: Bool
    ) async throws {
        let whole = StreamTransfer.checksum(Array("abcdef".utf8), .crc32c)
        let s3 = try ScriptedS3(checksum: .crc32c) { request in
            guard request.method == "HEAD" else { return ScriptedS3.error(404, "NoSuchUpload") }
            let told = headers.replacing("%", with: whole.base64)
            return [.send("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\nETag: \"kms\"\r\n\(told)\r\n\r\n")]
        }
        defer { s3.server.stop() }
        let tags = ["abc", "def"].enumerated().map { index, text in
            PartTag(
                number: index + 1, etag: "\"kms\(index)\"",
                checksum: StreamTransfer.checksum(Array(text.utf8), .crc32c), size: 3)
        }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.resumeMultipart("key", id: "id").complete(tags)
        }
        #expect(error?.reason == (isOurs ? nil : .uploadEnded))
    }

    @Test(arguments: [true, false])
    func `where no checksum is kept, an upload's own mark tells`(isOurs: Bool) async throws {
        let mark = Collected<String>()
        let s3 = try ScriptedS3 { request in
            switch request.method {
            case "HEAD":
                let told = isOurs ? mark.all.first ?? "none" : "another"
                return [
                    .send(
                        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: \"kms\"\r\nx-amz-meta-kpipe-upload: \(told)\r\n\r\n"
                    )
                ]
            case "POST" where request.target.hasSuffix("uploads="):
                mark.add(request["x-amz-meta-kpipe-upload"] ?? "")
                return [.ok("<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>")]
            default: return ScriptedS3.error(404, "NoSuchUpload")
            }
        }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            let upload = try await s3.store.beginMultipart("key", ObjectAttributes())
            _ = try await upload.complete([PartTag(number: 1, etag: "\"kms\"", checksum: nil, size: 3)])
        }
        #expect(error?.reason == (isOurs ? nil : .uploadEnded))
    }

    @Test(arguments: ["&#x1;", "\u{1}", "&#1;", "&#x1F;"])
    func `a key that XML cannot hold is uploaded in parts`(control: String) async throws {
        let s3 = try ScriptedS3 { request in
            request.target.hasSuffix("uploads=")
                ? [
                    .ok(
                        "<InitiateMultipartUploadResult><Key>a\(control)b</Key><UploadId>id</UploadId></InitiateMultipartUploadResult>"
                    )
                ]
                : [
                    .ok(
                        "<CompleteMultipartUploadResult><Key>a\(control)b</Key><ETag>\"e\"</ETag></CompleteMultipartUploadResult>"
                    )
                ]
        }
        defer { s3.server.stop() }
        let upload = try await s3.store.beginMultipart("a\u{1}b", ObjectAttributes())
        #expect(upload.id == "id")
        #expect(try await upload.complete([PartTag(number: 1, etag: "\"e\"", checksum: nil)]).etag == "\"e\"")
    }

    @Test(arguments: ["stat", "list", "read", "write"])
    func `a login page is no answer of S3`(call: String) async throws {
        let s3 = try ScriptedS3 { _ in [.ok("<html>log in</html>", headers: ["Content-Type: text/html"])] }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            switch call {
            case "stat": _ = try await s3.store.stat("k")
            case "list": _ = try await s3.store.list(prefix: "", after: nil)
            case "read": _ = try await s3.store.read("k", range: nil, matching: nil, into: BytesSink())
            default: _ = try await s3.store.write("k", BytesSource("x"), ObjectAttributes())
            }
        }
        #expect(error?.reason == .network)
        #expect(error?.message.contains("HTML page") == true)
    }

    @Test(arguments: [
        (["ETag: \"900150983cd24fb0d6963f7d28e17f72-3\"", "x-amz-checksum-crc32c: AAAAAQ=="], nil, true),
        (
            [
                "ETag: \"900150983cd24fb0d6963f7d28e17f72-3\"", "x-amz-checksum-crc32c: AAAAAQ==",
                "x-amz-checksum-type: FULL_OBJECT",
            ], "00000001", false
        ),
        (["ETag: \"900150983cd24fb0d6963f7d28e17f72\"", "x-amz-checksum-crc32c: AAAAAQ=="], "00000001", false),
        (["ETag: \"65a-1f4\"", "x-amz-checksum-crc32c: AAAAAQ=="], "00000001", false),
        (["x-amz-checksum-crc32c: AAAAAQ==", "x-amz-checksum-type: COMPOSITE"], nil, true),
    ])
    func `a checksum of parts' checksums is known by its type, or by the ETag`(
        headers: [String], whole: String?, isComposite: Bool
    ) async throws {
        let s3 = try ScriptedS3 { _ in [.ok("x", headers: headers)] }
        defer { s3.server.stop() }
        let info = try await s3.store.read("key", range: nil, matching: nil, into: BytesSink())
        #expect(info.checksum?.hex == whole)
        #expect(info.isComposite == isComposite)
        // Whoever sends the bytes knows better than who spoke before.
        let before = ObjectInfo(key: "key", size: 1, checksum: Checksum(.crc32c, [9, 9, 9, 9]))
        #expect(info.wholeChecksum(or: before)?.hex == whole)
    }

    @Test func `ETags of parts are joined as S3 joins them`() {
        let parts = ["\"0cc175b9c0f1b6a831c399e269772661\"", "92eb5ffee6ae2fec3ad71c777531578f"]
        #expect(MultipartETag.joining(parts) == "\"96e024ba2074fe77e8e965ba43a704be-2\"")
        #expect(MultipartETag.joining(["\"kms\""]) == nil)
    }

    @Test func `100,000 objects are listed`() async throws {
        let s3 = try ScriptedS3 { request in
            let page = request.target.firstMatch(of: /continuation-token=([0-9]+)/).flatMap { Int($0.1) } ?? 0
            let entries = (0..<1000).map { index in
                "<Contents><Key>run+7/%C3%BC-\(page)-\(index)</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified>"
                    + "<ETag>&quot;0cc175b9c0f1b6a831c399e269772661&quot;</ETag><Size>\(index)</Size>"
                    + "<StorageClass>STANDARD</StorageClass></Contents>"
            }
            let more = page < 99 ? "<NextContinuationToken>\(page + 1)</NextContinuationToken>" : ""
            return [
                .ok(
                    "<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>\(page < 99)</IsTruncated>\(more)"
                        + "\(entries.joined())</ListBucketResult>")
            ]
        }
        defer { s3.server.stop() }
        var count = 0
        var token: String?
        repeat {
            let page = try await s3.store.list(prefix: "run 7/", after: token)
            count += page.objects.count
            #expect(page.objects.last?.key.hasPrefix("run 7/ü-") == true)
            token = page.next
        } while token != nil
        #expect(count == 100_000)
    }

    @Test func `SlowDown inside a 200 is SlowDown`() async throws {
        let s3 = try ScriptedS3 { _ in [.ok("<Error><Code>SlowDown</Code><Message>later</Message></Error>")] }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.resumeMultipart("key", id: "id").complete([])
        }
        #expect(error?.reason == .throttled(retryAfter: nil))
    }

    @Test func `a listing whose token repeats ends loudly`() async throws {
        let s3 = try ScriptedS3 { _ in
            [
                .ok(
                    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again"
                        + "</NextContinuationToken></ListBucketResult>")
            ]
        }
        defer { s3.server.stop() }
        let place = ResolvedURL(store: s3.store, base: "s3://bucket/", key: "")
        let requests = TransferEngine(stores: MemoryResolver(store: MemoryStore())).requests { _ in }
        let plan = try InputPlan(key: "", to: "", lists: true)
        #expect(try await requests.page(of: place, plan, after: nil).next == "again")
        let error = await failure { () throws(TransferError) in
            _ = try await requests.page(of: place, plan, after: "again")
        }
        #expect(error?.reason == .protocolViolation)
    }

    @Test(arguments: [
        "", "<html><body>proxy login</body></html>", "<ListBucketResult><Contents><Key>a</Key></Contents>",
        "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
        "<ListBucketResult><Contents><Key>a</Key><Size>x</Size></Contents></ListBucketResult>",
        "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><ListBucketResult></ListBucketResult>",
        "<ListBucketResult><EncodingType>url</EncodingType><Contents><Key>%zz</Key><Size>1</Size></Contents>"
            + "</ListBucketResult>",
    ])
    func `a listing that cannot be read is no listing`(document: String) async throws {
        let s3 = try ScriptedS3 { _ in [.ok(document)] }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.list(prefix: "", after: nil)
        }
        #expect(error?.reason == .protocolViolation)
    }

    @Test func `a body cut short is a failure that may pass`() async throws {
        let s3 = try ScriptedS3 { _ in [.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"), .reset] }
        defer { s3.server.stop() }
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.read("key", range: nil, matching: nil, into: sink)
        }
        #expect(error?.reason == .network)
        #expect(error.map(StoreRetries.classify) == .transient)
    }

    @Test func `a source without a length is refused before anything is sent`() async throws {
        let s3 = try ScriptedS3 { _ in [.ok("")] }
        defer { s3.server.stop() }
        let error = await failure { () throws(TransferError) in
            _ = try await s3.store.write("key", BytesSource([1], tellsLength: false), ObjectAttributes())
        }
        #expect(error?.reason == .configuration)
        #expect(s3.server.requests.isEmpty)
    }

    @Test func `a key of any legal form stands in the path as it is, encoded`() async throws {
        let s3 = try ScriptedS3 { _ in [.ok("x")] }
        defer { s3.server.stop() }
        let long = String(repeating: "ü", count: 512)
        for (key, path) in [
            ("a//b", "/bucket/a//b"), ("./a/../b", "/bucket/./a/../b"), ("/lead", "/bucket//lead"),
            ("a b+c%", "/bucket/a%20b%2Bc%25"), (long, "/bucket/" + String(repeating: "%C3%BC", count: 512)),
        ] {
            _ = try await s3.store.read(key, range: nil, matching: nil, into: BytesSink())
            #expect(s3.server.requests.last?.target == path)
        }
    }

    @Test func `a checksum of the content is found, one of checksums is not`() async throws {
        let s3 = try ScriptedS3 { request in
            let header =
                request.sequence == 0
                ? "x-amz-checksum-crc32c: AAAAAQ==" : "x-amz-checksum-crc32c: AAAAAQ==-3"
            return [.ok("x", headers: [header])]
        }
        defer { s3.server.stop() }
        let first = try await s3.store.read("key", range: nil, matching: nil, into: BytesSink())
        #expect(first.checksum == Checksum(.crc32c, [0, 0, 0, 1]))
        let second = try await s3.store.read("key", range: nil, matching: nil, into: BytesSink())
        #expect(second.checksum == nil)
        #expect(s3.server.requests.allSatisfy { $0["x-amz-checksum-mode"] == "ENABLED" })
    }
}
