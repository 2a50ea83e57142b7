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
    private let local: EpochClock
    private let offset = Atomic<Int64>(0)

    init(_ local: @escaping EpochClock = systemEpochClock) {
        self.local = local
    }

    /// Seconds since 1970 by the server's clock, as far as is known.
    func now() -> Int64 { local() + offset.load(ordering: .relaxed) }

    func correct(by seconds: Int64) { offset.wrappingAdd(seconds, ordering: .relaxed) }
}

/// Where S3 is and how it is spoken to, decided once from configuration, environment and the shared files.
struct S3Settings: Sendable, Equatable {
    /// The region signed for until a bucket says otherwise.
    var region: String
    /// Somebody said so; else a machine of EC2 is asked for its own.
    var isRegionGiven = true
    /// Instead of AWS's own endpoints.
    var endpointURL: String?
    var pathStyle: Bool?
    var fips = false
    var dualStack = false
    /// What uploads are checked by; `nil` for servers that know none.
    var checksum: ChecksumAlgorithm?
    var timeouts = StoreConfiguration.defaultTimeouts

    /// AWS knows every bucket there, whatever its region; other servers mostly do not care.
    static let defaultRegion = "us-east-1"

    init(region: String = S3Settings.defaultRegion, endpointURL: String? = nil, pathStyle: Bool? = nil) {
        self.region = region
        self.endpointURL = endpointURL
        self.pathStyle = pathStyle
        checksum = .crc32c
    }

    init(_ configuration: StoreConfiguration, profiles: AWSProfiles) {
        let profile = profiles.chosen
        let given =
            configuration.region ?? configuration.variable("AWS_REGION")
            ?? configuration.variable("AWS_DEFAULT_REGION") ?? profile["region"]
        region = given ?? Self.defaultRegion
        isRegionGiven = given != nil
        // https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html, most specific first.
        let ignored = configuration.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS")
        let configured =
            configuration.variable("AWS_ENDPOINT_URL_S3") ?? configuration.variable("AWS_ENDPOINT_URL")
            ?? profiles.endpointURL(service: "s3")
        endpointURL = configuration.endpointURL ?? (ignored ? nil : configured)
        pathStyle = configuration.pathStyle ?? (profile["s3.addressing_style"].map { $0 == "path" })
        timeouts = configuration.timeouts
        fips = configuration.flag("AWS_USE_FIPS_ENDPOINT")
        dualStack = configuration.flag("AWS_USE_DUALSTACK_ENDPOINT")
        let calculation =
            configuration.variable("AWS_REQUEST_CHECKSUM_CALCULATION") ?? profile["request_checksum_calculation"]
        checksum = calculation?.lowercased() == "when_required" ? nil : .crc32c
    }

    func endpoint(bucket: String, region: String) throws(TransferError) -> S3Endpoint {
        if let endpointURL {
            return try .custom(endpointURL, bucket: bucket, pathStyle: pathStyle ?? true)
        }
        return .aws(region: region, bucket: bucket, pathStyle: pathStyle, fips: fips, dualStack: dualStack)
    }
}
