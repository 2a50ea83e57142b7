internal import Basics
internal import HTTPTransport

/// What Azure's headers and listings say of a blob.
enum AzureBlob {
    static func info(_ key: String, _ head: HTTPResponseHead) -> ObjectInfo {
        let headers = head.headers
        // Of a range it would be the range's.
        let digest = headers["x-ms-blob-content-md5"] ?? (head.status == 200 ? headers["Content-MD5"] : nil)
        return ObjectInfo(
            key: key, size: head.objectSize, etag: headers["ETag"], versionID: headers["x-ms-version-id"],
            lastModified: headers["Last-Modified"], checksum: digest.flatMap { Checksum(.md5, base64: $0) })
    }

    /// In accounts with folders one answers as an empty blob does; elsewhere Hadoop leaves such blobs for them.
    static func isFolder(_ head: HTTPResponseHead) -> Bool {
        head.headers["x-ms-resource-type"] == "directory"
            || head.headers["x-ms-meta-hdi_isfolder"]?.lowercased() == "true"
    }

    static func stored(_ key: String, _ head: HTTPResponseHead, size: Int64?) -> ObjectInfo {
        ObjectInfo(
            key: key, size: size, etag: head.headers["ETag"], versionID: head.headers["x-ms-version-id"],
            lastModified: head.headers["Last-Modified"])
    }

    static func headers(of attributes: ObjectAttributes) -> HTTPHeaders {
        var headers: HTTPHeaders = ["x-ms-blob-content-type": attributes.type]
        headers.add(attributes.metadata, prefix: "x-ms-meta-")
        return headers
    }

    /// Listings write it without the quotes that conditions need.
    static func quoted(_ etag: String) -> String { etag.hasPrefix("\"") || etag == "*" ? etag : "\"\(etag)\"" }

    static func page(_ document: [UInt8], object: String) throws(TransferError) -> ObjectPage {
        guard let root = XMLElement(parsing: document), root.name == "EnumerationResults" else {
            throw unreadable(object)
        }
        var objects: [ObjectInfo] = []
        for blob in root["Blobs"]?.all("Blob") ?? [] {
            guard let properties = blob["Properties"], let name = blob["Name"],
                let key = name.attributes["Encoded"] == "true" ? PercentEncoding.decode(name.text) : name.text
            else { throw unreadable(object) }
            // In accounts with folders these are listed as well.
            guard properties.value("ResourceType") != "directory" else { continue }
            guard let size = properties.value("Content-Length").flatMap({ Int64($0) }), size >= 0 else {
                throw unreadable(object)
            }
            objects.append(
                ObjectInfo(
                    key: key, size: size, etag: properties.value("Etag").map(quoted),
                    lastModified: properties.value("Last-Modified"),
                    checksum: properties.value("Content-MD5").flatMap { Checksum(.md5, base64: $0) }))
        }
        let next = root.value("NextMarker")
        return ObjectPage(objects: objects, next: next?.isEmpty == false ? next : nil)
    }

    /// Names and sizes of the blocks in `list`, as they were given, in order.
    static func blocks(_ document: [UInt8], _ list: String, object: String) throws(TransferError)
        -> [(id: String, size: Int64)]
    {
        guard let root = XMLElement(parsing: document), root.name == "BlockList" else { throw unreadable(object) }
        return (root[list]?.all("Block") ?? []).compactMap { block in
            guard let id = block.value("Name").flatMap({ Base64.decode($0) }),
                let size = block.value("Size").flatMap({ Int64($0) })
            else { return nil }
            return (String(decoding: id, as: UTF8.self), size)
        }
    }

    private static func unreadable(_ object: String) -> TransferError {
        TransferError(
            object, .protocolViolation, "the server's answer cannot be read",
            hint: "check that the endpoint speaks Azure's Blob service")
    }
}

/// What Azure answered instead of success.
struct AzureFailure {
    var status: Int
    /// Azure's own word, such as `BlobNotFound`.
    var code: String
    var message: String
    var retryAfter: Duration?

    init(_ head: HTTPResponseHead, _ body: [UInt8]) {
        status = head.status
        let document = XMLElement(parsing: body)
        code = head.headers["x-ms-error-code"] ?? document?.value("Code") ?? ""
        // Below its first line stand the request's number and time.
        message = document?.value("Message")?.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        retryAfter = RetryAfter.parse(head.headers["Retry-After"], now: systemEpochClock())
    }

    func error(_ object: String) -> TransferError {
        let (reason, hint) = meaning
        let words = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        return TransferError(object, reason, "Azure answered \(status)\(words.isEmpty ? "" : " \(words)")", hint: hint)
    }

    private var meaning: (TransferError.Reason, hint: String?) {
        switch code {
        case "ContainerNotFound": (.noBucket, "check the container's name, and the account's")
        case "AuthenticationFailed", "InvalidAuthenticationInfo":
            (.credentials, "check key, signature and end of what is used (AZURE_STORAGE_*), and this machine's clock")
        case "KeyBasedAuthenticationNotPermitted":
            (.credentials, "the account takes no keys: unset AZURE_STORAGE_KEY and give the pod a workload identity")
        case "AuthorizationFailure":
            (.permission, "the account's firewall or the signature's scope does not admit this pod")
        case "AuthorizationPermissionMismatch":
            (.permission, "grant the identity in use a role such as Storage Blob Data Contributor")
        case "LeaseIdMissing": (.permission, "somebody holds a lease on the blob")
        case "BlobArchived": (.permission, "the blob is archived; rehydrate it first")
        case "BlobBeingRehydrated": (.permission, "the blob is being rehydrated; wait for its end")
        case "InvalidBlobType":
            (.configuration, "a page or append blob of that name is in the way: remove it, or store under another name")
        case "BlobImmutableDueToPolicy": (.permission, "a policy forbids to overwrite the blob")
        case "NoAuthenticationInformation", "PublicAccessNotPermitted":
            (.credentials, AzureTokenSource.missing.hint)
        // The bytes were damaged on their way; sending them again can help.
        case "Md5Mismatch", "Crc64Mismatch": (.network, nil)
        // What a condition that nothing stands there yet comes to.
        case "BlobAlreadyExists": (.changed, nil)
        case "InvalidBlobOrBlock":
            (
                .configuration,
                "another program's unfinished upload has blocks with names of another length; they end by themselves "
                    + "after a week"
            )
        default: meaningOfStatus
        }
    }

    private var meaningOfStatus: (TransferError.Reason, hint: String?) {
        switch status {
        case 401: (.credentials, AzureTokenSource.missing.hint)
        case 403: (.permission, "check the identity and its roles, such as Storage Blob Data Contributor")
        case 404: (.notFound, "check the key and the container's name")
        case 412, 416: (.changed, nil)
        case 429, 503: (.throttled(retryAfter: retryAfter), nil)
        case 408: (.timeout, nil)
        default: (.server(status: status), nil)
        }
    }
}
