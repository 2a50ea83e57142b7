internal import HTTPTransport
internal import Synchronization

/// What all buckets share: the client, the credentials, the clock and where S3 is.
final class S3Service: Sendable {
    let client: any HTTPExchange
    let clock: ServerClock
    private let settings: S3Settings
    private let cache: CredentialCache?
    private let machine: InstanceRegion?
    private let keys = SigningKeys()
    private let buckets = Mutex<[String: S3Bucket]>([:])

    /// Without `cache` requests are not signed.
    init(
        settings: S3Settings, client: any HTTPExchange, cache: CredentialCache?, machine: InstanceRegion? = nil,
        clock: ServerClock = ServerClock()
    ) {
        self.settings = settings
        self.client = client
        self.cache = cache
        self.machine = machine
        self.clock = clock
    }

    func store(bucket name: String) -> S3Store {
        let bucket = buckets.withLock { buckets in
            if let bucket = buckets[name] { return bucket }
            let bucket = S3Bucket(name, service: self)
            buckets[name] = bucket
            return bucket
        }
        return S3Store(bucket, checksum: settings.checksum)
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

    /// The call as it is sent, signed where there are credentials.
    func request(_ call: S3Call, bucket: String, region: String, credentials: AWSCredentials?)
        throws(TransferError) -> HTTPRequest
    {
        let endpoint = try settings.endpoint(bucket: bucket, region: region)
        let path = call.key.map(endpoint.path(of:)) ?? endpoint.bucketPath
        let unsigned = SigV4.Request(
            method: call.method, origin: endpoint.origin, path: path, query: call.query, headers: call.headers,
            payload: call.payload)
        let headers =
            credentials.map {
                SigV4(service: "s3", region: region).sign(unsigned, with: $0, at: clock.now(), keys: keys)
            } ?? call.headers
        return HTTPRequest(
            call.method, unsigned.url, headers: headers, body: call.body, timeouts: call.timeouts ?? settings.timeouts)
    }
}

/// Our clock, corrected by what a server that refused a signature said of its own.
final class ServerClock: Sendable {
    private let local: WallClock
    private let offset = Atomic<Int64>(0)

    init(_ local: @escaping WallClock = systemClock) {
        self.local = local
    }

    /// Seconds since 1970 by the server's clock, as far as is known.
    func now() -> Int64 { local() + offset.load(ordering: .relaxed) }

    func correct(by seconds: Int64) { offset.wrappingAdd(seconds, ordering: .relaxed) }
}
