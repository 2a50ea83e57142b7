internal import HTTPTransport

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
