internal import Basics
internal import HTTPTransport

/// Directory buckets (S3 Express One Zone): other hosts, another name in signatures, and keys that a session gives for some
/// minutes (https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-create-session.html).
enum S3Express {
    /// The zone that a directory bucket's name tells, as in `logs--usw2-az1--x-s3`; `nil` for other buckets.
    static func zone(of bucket: String) -> Substring? {
        guard bucket.hasSuffix(suffix) else { return nil }
        let rest = bucket.dropLast(suffix.count)
        guard let mark = rest.ranges(of: "--").last, mark.lowerBound > rest.startIndex, mark.upperBound < rest.endIndex
        else { return nil }
        return rest[mark.upperBound...]
    }

    private static let suffix = "--x-s3"

    /// What a directory bucket lists by: only what ends with a `/`; the rest is for whoever reads the list.
    static func listed(_ prefix: String) -> String { prefix.throughLastSlash ?? "" }
}

/// Asks a directory bucket for a session: to read and write or, where that is refused, to read.
struct S3Session: AWSCredentialSource {
    let bucket: S3Bucket

    func fetch() async throws(TransferError) -> AWSCredentials? {
        do throws(TransferError) { return try await open("ReadWrite") } catch  where error.reason == .permission {
            return try await open("ReadOnly")
        }
    }

    private func open(_ mode: String) async throws(TransferError) -> AWSCredentials {
        var call = S3Call("GET", nil)
        call.query = [("session", "")]
        call.headers["x-amz-create-session-mode"] = mode
        let document = XMLElement(parsing: try await bucket.answer(call).body)
        guard let credentials = AWSCredentials(in: document) else {
            throw TransferError(bucket.url(nil), .protocolViolation, "the answer holds no session")
        }
        return credentials
    }
}
