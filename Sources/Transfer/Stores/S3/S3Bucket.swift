internal import HTTPTransport
internal import Synchronization

/// Sends requests to one bucket: signs them, and corrects region, clock and credentials where the server says so.
final class S3Bucket: S3Caller {
    let name: String
    let service: S3Service
    /// What an answer told; until then the service's.
    private let region = Mutex<String?>(nil)
    /// Of a directory bucket; `nil`: requests are signed with the service's own keys.
    private let session: CredentialCache<AWSCredentials>?

    /// - Parameter opensSessions: whether it only asks for others' sessions.
    init(_ name: String, service: S3Service, opensSessions: Bool = false) {
        self.name = name
        self.service = service
        let needsSession = S3Express.zone(of: name) != nil && service.usesSessions && !opensSessions
        session =
            needsSession
            ? CredentialCache(S3Session(bucket: S3Bucket(name, service: service, opensSessions: true))) : nil
    }

    /// Keys are listed in no order, and by folders alone.
    var isDirectory: Bool { S3Express.zone(of: name) != nil }

    func url(_ key: String?) -> String { "s3://\(name)/\(key ?? "")" }

    /// A listing of 1000 keys, each of 1024 bytes in percent escapes, and what S3 says of them besides.
    private static let largestDocument = 8 << 20

    func answer(_ call: S3Call) async throws(TransferError) -> ResponseGate.Answer {
        try await perform(call, .document(limit: Self.largestDocument))
    }

    /// The bytes asked for go into `sink`; what the answer says of the object.
    func read(_ call: S3Call, _ check: ResponseCheck, into sink: any ObjectSink) async throws(TransferError)
        -> ObjectInfo
    {
        let answer = try await perform(call, .object(check, sink))
        return answer.info ?? check.info(answer.head)
    }

    private func perform(_ call: S3Call, _ wanted: ResponseGate.Wanted) async throws(TransferError)
        -> ResponseGate.Answer
    {
        let version = call.query.first { $0.name == "versionId" }.map { "?versionId=\($0.value)" } ?? ""
        // A listing is about what it was asked for.
        let object = url(call.key ?? call.query.first { $0.name == "prefix" }?.value) + version
        var recovery = S3Recovery()
        while true {
            // Copies into directory buckets are signed by the keys themselves.
            let session = call.headers["x-amz-copy-source"] == nil ? self.session : nil
            let credentials =
                if let session { try await session.credentials() } else { try await service.credentials(for: object) }
            let region = if let told = self.region.withLock({ $0 }) { told } else { await service.region() }
            let request = try service.request(
                call, bucket: name, region: region, credentials: credentials, isSession: session != nil)
            let answer = try await ResponseGate(wanted).run(request, on: service.client, object: object)
            if answer.head.isSuccess {
                try answer.check(isBy: ["x-amz-request-id", "ETag"], request.method, of: object)
                return answer
            }

            let now = service.clock.now()
            let failure = S3Failure(answer.head, body: answer.body, now: now)
            guard let correction = recovery.correction(for: failure, region: region, now: now) else {
                throw failure.error(object)
            }
            switch correction {
            case .region(let wanted): self.region.withLock { $0 = wanted }
            case .clock(let time): service.clock.correct(to: time)
            case .credentials:
                guard let credentials else { throw failure.error(object) }
                if let session { session.reject(credentials) } else { service.reject(credentials) }
            }
            if case .source(let source) = call.body, !source.rewind() { throw failure.error(object) }
        }
    }
}

/// What to correct before a refused request is made once more. Each kind of correction is tried once a request, so
/// that no server can keep us busy.
struct S3Recovery {
    enum Correction: Equatable {
        /// Sign for, and where the endpoint is AWS's own go to, this region.
        case region(String)
        /// Set our clock to this time.
        case clock(Int64)
        /// Fetch credentials anew.
        case credentials
    }

    private var usesRegion = false
    private var usesClock = false
    private var usesCredentials = false

    /// `nil`: the failure stands.
    mutating func correction(for failure: S3Failure, region: String, now: Int64) -> Correction? {
        switch failure.code {
        case "RequestTimeTooSkewed", "RequestExpired":
            guard let time = failure.serverTime, time != now, usesClock.isFirst() else { return nil }
            return .clock(time)
        // A key that is not known any more may have been replaced.
        case "ExpiredToken", "TokenRefreshRequired", "InvalidToken", "InvalidAccessKeyId":
            return usesCredentials.isFirst() ? .credentials : nil
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException", "":
            guard let wanted = failure.region, wanted != region, !wanted.isEmpty, usesRegion.isFirst() else {
                return nil
            }
            return .region(wanted)
        default: return nil
        }
    }
}

extension Bool {
    /// Whether it was not set before; it is set now.
    fileprivate mutating func isFirst() -> Bool {
        defer { self = true }
        return !self
    }
}
