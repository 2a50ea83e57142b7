import HTTPTransport
import Synchronization
import TestSupport

@testable import Transfer

/// An S3 store whose server answers by script.
struct ScriptedS3 {
    typealias Answer = @Sendable (ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step]

    let server: ScriptedHTTPServer
    let store: S3Store
    let keys: NumberedKeys
    let clock: ServerClock

    /// `now` is the client's clock.
    init(
        now: Int64 = 1_700_000_000, region: String = "us-east-1", checksum: ChecksumAlgorithm? = nil,
        _ answer: @escaping Answer
    ) throws {
        server = try ScriptedHTTPServer(answer)
        keys = NumberedKeys()
        clock = ServerClock { now }
        var settings = S3Settings(region: region, endpointURL: server.url)
        settings.checksum = checksum
        let service = S3Service(
            settings: settings, client: HTTPClient(),
            cache: CredentialCache(keys), clock: clock)
        store = service.store(bucket: "bucket")
    }

    static func error(_ status: Int, _ code: String, headers: [String] = [], more: String = "")
        -> [ScriptedHTTPServer.Step]
    {
        let document = "<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>words</Message>\(more)</Error>"
        return [.respond(status, headers: headers, body: Array(document.utf8))]
    }
}

/// Gives key `AKID1`, then `AKID2` …
final class NumberedKeys: AWSCredentialSource {
    private let count = Mutex(0)
    var fetches: Int { count.withLock { $0 } }

    func fetch() async throws(TransferError) -> AWSCredentials? {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return AWSCredentials(
            accessKeyID: "AKID\(number)", secretAccessKey: "secret\(number)", sessionToken: "token\(number)")
    }
}

/// The error that `body` throws.
func failure(_ body: () async throws(TransferError) -> Void) async -> TransferError? {
    do { try await body() } catch { return error }
    return nil
}
