internal import Basics
internal import HTTPTransport

/// An object's resource in Google's JSON, and what the headers of its content say.
enum GoogleObject {
    static let fields = "name,size,generation,crc32c,updated"

    static func info(_ document: [UInt8], object: String) throws(TransferError) -> ObjectInfo {
        guard let fields = JSONFields(parsing: document), let info = info(fields) else { throw unreadable(object) }
        return info
    }

    static func page(_ document: [UInt8], object: String) throws(TransferError) -> ObjectPage {
        guard let fields = JSONFields(parsing: document) else { throw unreadable(object) }
        var objects: [ObjectInfo] = []
        for item in fields.list("items") {
            guard let info = info(item) else { throw unreadable(object) }
            objects.append(info)
        }
        return ObjectPage(objects: objects, next: fields["nextPageToken"])
    }

    static func info(_ fields: JSONFields) -> ObjectInfo? {
        guard let key = fields["name"], let size = fields["size"].flatMap({ Int64($0) }), size >= 0 else { return nil }
        return ObjectInfo(
            key: key, size: size, etag: fields["generation"], versionID: fields["generation"],
            lastModified: fields["updated"], checksum: fields["crc32c"].flatMap { Checksum(.crc32c, base64: $0) })
    }

    /// The generation stands in for the ETag, which changes with an object's metadata too.
    static func info(_ key: String, _ head: HTTPResponseHead) -> ObjectInfo {
        let headers = head.headers
        // Unpacked on its way in spite of what was asked for: neither length nor checksum are the object's.
        let unpacked =
            headers["x-goog-stored-content-encoding"]?.lowercased() == "gzip" && headers["Content-Encoding"] == nil
        return ObjectInfo(
            key: key, size: unpacked ? nil : head.objectSize, etag: headers["x-goog-generation"],
            versionID: headers["x-goog-generation"], lastModified: headers["Last-Modified"],
            checksum: unpacked ? nil : WebResponse.checksum(headers))
    }

    /// What is to be known of an object that is stored.
    static func resource(_ key: String, _ attributes: ObjectAttributes, storageClass: String?) -> JSONValue {
        let metadata = attributes.metadata.sorted { $0.key < $1.key }.map {
            JSONValue.Member($0.key, .string($0.value))
        }
        let checksum = attributes.checksum
        return .object(present: [
            "name": .string(key), "contentType": .string(attributes.type),
            "crc32c": checksum?.algorithm == .crc32c ? checksum.map { .string($0.base64) } : nil,
            "md5Hash": checksum?.algorithm == .md5 ? checksum.map { .string($0.base64) } : nil,
            "storageClass": storageClass.map { .string($0) },
            "metadata": metadata.isEmpty ? nil : .object(metadata),
        ])
    }

    private static func unreadable(_ object: String) -> TransferError {
        TransferError(
            object, .protocolViolation, "the server's answer cannot be read",
            hint: "check that the endpoint speaks Google's JSON API")
    }
}

/// What Google answered instead of success, in JSON or XML.
struct GoogleFailure {
    var status: Int
    /// Google's own word, such as `notFound` or `NoSuchKey`.
    var code = ""
    var message = ""
    var retryAfter: Duration?
    /// The answer was the XML interface's.
    var isXML = false
    /// What is not there is the bucket: no object was asked for.
    private let isListing: Bool

    init(_ head: HTTPResponseHead, _ body: [UInt8], isListing: Bool = false) {
        self.isListing = isListing
        status = head.status
        retryAfter = RetryAfter.parse(head.headers["Retry-After"], now: systemEpochClock())
        if let error = JSONFields(parsing: body) {
            code = error.list("error.errors").first?["reason"] ?? error["error.status"] ?? ""
            message = error["error.message"] ?? ""
        } else if let error = XMLElement(parsing: body), error.name == "Error" {
            code = error.value("Code") ?? ""
            message = error.value("Message") ?? ""
            isXML = true
        }
    }

    func error(_ object: String) -> TransferError {
        let (reason, hint) = meaning
        let words = [code, message].filter { !$0.isEmpty && $0 != String(status) }
        // fake-gcs-server and others say the same thing twice.
        let said = words.count == 2 && words[0] == words[1] ? words[0] : words.joined(separator: ": ")
        return TransferError(
            object, reason, "Google Cloud Storage answered \(status)\(said.isEmpty ? "" : " \(said)")", hint: hint)
    }

    private var meaning: (TransferError.Reason, hint: String?) {
        switch (status, code) {
        case (_, "rateLimitExceeded"), (_, "userRateLimitExceeded"), (429, _), (503, _):
            (.throttled(retryAfter: retryAfter), nil)
        case (400, "UserProjectMissing"), (400, "required"),
            (400, _) where message.contains("requester pays"):
            (.permission, "the requester pays for this bucket: set GOOGLE_CLOUD_QUOTA_PROJECT to a project of yours")
        case (_, "BadDigest"),
            (400, _) where message.contains("hash"):
            // The bytes were damaged on their way; sending them again can help.
            (.network, nil)
        case (401, _):
            (
                .credentials,
                "give the pod an identity (Workload Identity), or set GOOGLE_APPLICATION_CREDENTIALS; public buckets "
                    + "are read with --no-sign-request"
            )
        case (403, "retentionPolicyNotMet"), (403, "objectUnderActiveHold"):
            (.permission, "a retention policy or a hold keeps the object that stands there")
        case (403, _):
            (
                .permission,
                "grant the identity in use a role on the bucket, such as roles/storage.objectUser; without "
                    + "storage.objects.list a missing object is a 403 too"
            )
        case (404, "NoSuchBucket"),
            (404, _) where isListing || message.contains("bucket does not exist"):
            (.noBucket, "check the bucket's name")
        case (404, "NoSuchUpload"): (.uploadEnded, nil)
        case (404, _), (410, _): (.notFound, "check the key and the bucket's name")
        case (412, _), (416, _): (.changed, nil)
        case (408, _): (.timeout, nil)
        default: (.server(status: status), nil)
        }
    }
}
