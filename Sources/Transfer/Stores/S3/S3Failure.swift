internal import Basics
internal import HTTPTransport
internal import WorkdirProtocol

/// What S3 answered instead of success: status and error document.
struct S3Failure: Equatable {
    var status: Int
    /// S3's own word, such as `NoSuchKey`; empty where the answer has no body (HEAD).
    var code = ""
    var message = ""
    /// The bucket's true region, where the answer tells.
    var region: String?
    /// Seconds since 1970 by the server's clock.
    var serverTime: Int64?
    var retryAfter: Duration?
}

extension S3Failure {
    init(_ head: HTTPResponseHead, body: [UInt8], now: Int64) {
        status = head.status
        let document = XMLElement(parsing: body)?.find("Error")
        code = document?.value("Code") ?? ""
        message = document?.value("Message") ?? ""
        region = head.headers["x-amz-bucket-region"] ?? document?.value("Region")
        serverTime = head.serverTime
        retryAfter = RetryAfter.parse(head.headers["Retry-After"], now: now)
    }

    func error(_ object: String) -> TransferError {
        let (reason, hint) = meaning
        let given = [code, message].filter { !$0.isEmpty }.joined(separator: ": ")
        let words = given.isEmpty ? wordsOfStatus : given
        return TransferError(
            object, reason, words.map { "S3 answered \(status) \($0)" } ?? "S3 answered \(status)", hint: hint)
    }

    private var meaning: (TransferError.Reason, hint: String?) {
        switch code {
        case "NoSuchKey": (.notFound, "check the key; S3 minds upper and lower case")
        case "NoSuchVersion": (.notFound, nil)
        case "NoSuchUpload": (.uploadEnded, nil)
        case "NoSuchBucket": (.noBucket, "check the bucket's name and the endpoint")
        case "AccessDenied":
            (.permission, "the credentials in use lack a permission; without s3:ListBucket a missing key is a 403 too")
        case "InvalidAccessKeyId", "InvalidToken", "ExpiredToken", "TokenRefreshRequired":
            (.credentials, "check which credentials this pod gets")
        case "SignatureDoesNotMatch":
            (.credentials, "check the secret key; a proxy that changes the path or host also breaks the signature")
        case "RequestTimeTooSkewed": (.credentials, "set this machine's clock")
        case "InvalidObjectState":
            (.permission, "the object is archived (Glacier); restore it first")
        case "SlowDown", "ServiceUnavailable", "Throttling", "ThrottlingException", "RequestLimitExceeded",
            "TooManyRequests", "BandwidthLimitExceeded", "OperationAborted", "ConditionalRequestConflict",
            // Of the key that encrypts.
            "KMS.ThrottlingException":
            (.throttled(retryAfter: retryAfter), nil)
        case "RequestTimeout": (.timeout, nil)
        case "IncompleteBody", "BadDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch":
            // The bytes were damaged on their way; sending them again can help.
            (.network, nil)
        case "InternalError": (.server(status: max(status, 500)), nil)
        case "PreconditionFailed", "InvalidRange": (.changed, nil)
        case _ where demandsChecksums:
            (
                .configuration,
                "the bucket locks its objects, and wants checksums: unset AWS_REQUEST_CHECKSUM_CALCULATION"
            )
        case _ where refusesChecksums:
            (.configuration, "a server that takes no checksums wants AWS_REQUEST_CHECKSUM_CALCULATION=when_required")
        case "InvalidRequest" where message.isEmpty:
            (.configuration, "Ceph says no more where it is asked to encrypt over plain HTTP: try an https:// endpoint")
        case "InvalidBucketName", "EntityTooLarge", "EntityTooSmall", "InvalidArgument", "KeyTooLongError":
            (.configuration, nil)
        case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
            (.configuration, region.map { "the bucket is in region \($0)" } ?? "set the bucket's region (AWS_REGION)")
        default: meaningOfStatus
        }
    }

    private var demandsChecksums: Bool { code == "InvalidRequest" && message.contains("Object Lock") }

    private var refusesChecksums: Bool {
        ["NotImplemented", "InvalidArgument", "InvalidRequest"].contains(code)
            && message.lowercased().contains("x-amz-checksum")
    }

    /// An answer to HEAD has none of its own.
    private var wordsOfStatus: String? {
        switch status {
        case 403: "access is denied"
        case 404: "there is no such object or bucket"
        case 412: "the object is another one now"
        case 503: "slow down"
        default: nil
        }
    }

    private var meaningOfStatus: (TransferError.Reason, hint: String?) {
        switch status {
        case 404: (.notFound, "check the key, the bucket's name and the endpoint")
        case 401, 403:
            (.permission, "check the credentials and their permissions; without s3:ListBucket a missing key is a 403")
        case 412, 416: (.changed, nil)
        case 429, 503: (.throttled(retryAfter: retryAfter), nil)
        case 408: (.timeout, nil)
        case 301, 302, 307, 308: (.configuration, "set the bucket's region (AWS_REGION) or its endpoint")
        default: (.server(status: status), nil)
        }
    }
}
