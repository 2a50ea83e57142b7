internal import Basics
internal import HTTPTransport
internal import Synchronization

/// What all buckets share: the client, the credentials, the clock and where S3 is.
final class S3Service: Sendable {
    let client: any HTTPRequesting
    let clock: ServerClock
    private let settings: S3Settings
    private let cache: CredentialCache<AWSCredentials>?
    private let machine: InstanceRegion?
    private let keys = SigningKeys()
    private let buckets = Mutex<[String: S3Bucket]>([:])

    /// Without `cache` requests are not signed.
    init(
        settings: S3Settings, client: any HTTPRequesting, cache: CredentialCache<AWSCredentials>?,
        machine: InstanceRegion? = nil,
        clock: ServerClock = ServerClock()
    ) {
        self.settings = settings
        self.client = client
        self.cache = cache
        self.machine = machine
        self.clock = clock
    }

    func store(bucket name: String, version: String? = nil) -> S3Store {
        let bucket = buckets.withLock { buckets in
            if let bucket = buckets[name] { return bucket }
            let bucket = S3Bucket(name, service: self)
            buckets[name] = bucket
            return bucket
        }
        return S3Store(bucket, version: version, settings: settings.given, checksum: settings.checksum)
    }

    /// Where a bucket is looked for first. A server that is not AWS's hardly cares, so no machine is asked then.
    func region() async -> String {
        guard !settings.isRegionGiven, settings.endpointURL == nil else { return settings.region }
        return await machine?.value() ?? settings.region
    }

    func credentials(for object: String) async throws(TransferError) -> AWSCredentials? {
        do { return try await cache?.credentials() } catch {
            var error = error
            error.object = object
            throw error
        }
    }

    func reject(_ credentials: AWSCredentials) { cache?.reject(credentials) }

    /// Directory buckets are asked for sessions.
    var usesSessions: Bool { cache != nil && settings.sessions }

    /// The call as it is sent, signed where there are credentials.
    /// - Parameter isSession: whether those are a session's of a directory bucket.
    func request(
        _ call: S3Call, bucket: String, region: String, credentials: AWSCredentials?, isSession: Bool = false
    ) throws(TransferError) -> HTTPRequest {
        let endpoint = try settings.endpoint(bucket: bucket, region: region)
        let path = call.key.map(endpoint.path(of:)) ?? endpoint.bucketPath
        var call = call
        if settings.given.requesterPays { call.headers["x-amz-request-payer"] = "requester" }
        if let key = settings.customerKey, call.key != nil, call.method != "DELETE" {
            guard endpoint.origin.scheme == .https || endpoint.origin.isLoopback else {
                throw TransferError(
                    "s3://\(bucket)/", .configuration, "a customer's key must not be sent in the clear",
                    hint: "use https")
            }
            // What is copied was encrypted by the same key.
            for prefix in call.headers["x-amz-copy-source"] == nil ? ["x-amz-"] : ["x-amz-", "x-amz-copy-source-"] {
                let name = "\(prefix)server-side-encryption-customer-"
                call.headers["\(name)algorithm"] = "AES256"
                call.headers["\(name)key"] = Base64.encode(key)
                call.headers["\(name)key-MD5"] = MessageDigest.md5(key).base64
            }
        }
        let unsigned = SigV4.Request(
            method: call.method, origin: endpoint.origin, path: path, query: call.query, headers: call.headers,
            payload: call.payload)
        var signature = SigV4(service: S3Express.zone(of: bucket) == nil ? "s3" : "s3express", region: region)
        if isSession { signature.tokenHeader = "x-amz-s3session-token" }
        let headers =
            credentials.map { signature.sign(unsigned, with: $0, at: clock.now(), keys: keys) } ?? call.headers
        return HTTPRequest(
            call.method, unsigned.url, headers: headers, body: call.body, timeouts: call.timeouts ?? settings.timeouts)
    }
}

// MARK: - The kind of store

extension S3Service: StoreKind {
    static var schemes: [String] { ["s3"] }
    static var authority: String? { "a bucket" }
    static var settings: Set<StoreSettings.Name> { Set(StoreSettings.Name.allCases) }

    static func parse(_ scheme: String, _ rest: Substring) throws(Location.Problem) -> Location {
        guard !rest.hasPrefix("arn:") else {
            throw Location.Problem(
                "access points named by ARN are not supported", hint: "use the access point's alias as the bucket")
        }
        let place = try Location.inBucket(self, scheme, rest)
        guard !place.authority.hasSuffix(".mrap") else {
            throw Location.Problem(
                "multi-region access points take signatures of another kind, which are not supported",
                hint: "name one of its buckets")
        }
        // As the consoles and AWS's own URLs write it; what stands behind it is the version's and no key's.
        guard let mark = place.key.ranges(of: "?versionId=").last, mark.upperBound < place.key.endIndex else {
            return place
        }
        return Location(
            self, base: place.base, authority: place.authority, key: String(place.key[..<mark.lowerBound]),
            version: String(place.key[mark.upperBound...]))
    }

    convenience init(_ context: StoreContext) throws(TransferError) {
        try self.init(context.configuration, client: context.client, direct: context.direct)
    }

    func store(at location: Location) -> any ObjectStore {
        store(bucket: location.authority, version: location.version)
    }
}

extension S3Service {
    convenience init(
        _ configuration: StoreConfiguration, client: any HTTPRequesting, direct: any HTTPRequesting,
        clock: ServerClock = ServerClock(), runner: any ProcessRunner = SystemProcessRunner()
    ) throws(TransferError) {
        let profiles = try AWSProfiles(configuration)
        let settings = try S3Settings(configuration, profiles: profiles)
        let machine = InstanceRegion(InstanceMetadata(configuration: configuration, client: direct))
        guard !configuration.anonymous else {
            self.init(settings: settings, client: client, cache: nil, machine: machine, clock: clock)
            return
        }
        let chain = try AWSCredentialChain(
            configuration, profiles: profiles, client: client, direct: direct, clock: clock, runner: runner)
        self.init(
            settings: settings, client: client, cache: CredentialCache(chain), machine: machine, clock: clock)
    }
}

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
