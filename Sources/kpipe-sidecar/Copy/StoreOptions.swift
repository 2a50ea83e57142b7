import ArgumentParser
import Basics
import HTTPTransport
import Transfer

/// How stores are reached, for every command that reaches some.
struct StoreOptions: ParsableArguments {
    @Option(help: "Where S3 is, instead of AWS.")
    var endpointURL: String?

    @Option(help: "The bucket's region.")
    var region: String?

    @Option(help: "A profile of AWS's shared configuration files.")
    var profile: String?

    @Flag(help: "Do not sign requests: for public buckets.")
    var noSignRequest = false

    @Flag(help: "Be charged for requests to S3 buckets whose requester pays.")
    var requestPayer = false

    @Option(help: "A file with the 32 bytes by which S3 encrypts and which it does not keep (SSE-C).")
    var sseCKeyFile: String?

    @Flag(help: "Use AWS's FIPS endpoints.")
    var fips = false

    @Flag(help: "Use AWS's endpoints with IPv6.")
    var dualStack = false

    var settings: StoreSettings {
        var settings = StoreSettings()
        settings.requesterPays = requestPayer
        settings.customerKeyFile = sseCKeyFile
        settings.fips = fips
        settings.dualStack = dualStack
        return settings
    }

    /// - Parameter minimumSpeed: bytes a second below which a transfer has stalled; `nil`: the stores' own.
    func configuration(concurrency: Int, minimumSpeed: Int64? = nil, _ stored: StoreSettings? = nil)
        -> StoreConfiguration
    {
        var http = HTTPClientConfiguration()
        // Saves a tenth of the processor time of large downloads against 64 KiB; more saves nothing.
        http.receiveBuffer = 128 << 10
        http.maximumConnections = max(concurrency, 1)
        http.maximumConnectionsPerHost = max(concurrency, 1)
        var configuration = StoreConfiguration(
            environment: ProcessEnvironment.current, endpointURL: endpointURL, region: region,
            profile: profile, anonymous: noSignRequest, http: http)
        if let minimumSpeed { configuration.timeouts.minimumRate = Int(clamping: minimumSpeed) }
        configuration.settings = stored ?? settings
        return configuration
    }
}

/// What becomes of objects that are stored.
struct StoredOptions: ParsableArguments {
    @Option(help: "The storage class, at Azure the access tier.")
    var storageClass: String?

    @Option(help: "How S3 encrypts: AES256, aws:kms or aws:kms:dsse.")
    var sse: String?

    @Option(help: "The key of AWS KMS: its id, ARN or alias.")
    var sseKmsKeyID: String?

    @Option(help: "A canned ACL of S3, such as bucket-owner-full-control.")
    var acl: String?

    @Option(help: "A tag of each object, NAME=VALUE; may be given again.")
    var tag: [String] = []

    @Option(help: "The media type of each object.")
    var contentType: String?

    @Option(help: "Metadata of each object, NAME=VALUE; may be given again.")
    var metadata: [String] = []

    private static func pairs(_ texts: [String]) throws -> [String: String] {
        var pairs: [String: String] = [:]
        for text in texts {
            let name = text.prefix { $0 != "=" }
            guard !name.isEmpty, name.endIndex < text.endIndex else {
                throw ValidationError("'\(text)' is no NAME=VALUE.")
            }
            pairs[String(name)] = String(text[name.endIndex...].dropFirst())
        }
        return pairs
    }

    /// With what is said of how places are reached. Throws where the destination's store does not know it.
    func settings(_ access: StoreSettings, at destination: String) throws -> StoreSettings {
        var stored = StoreSettings()
        stored.storageClass = storageClass
        stored.encryption = sse
        stored.kmsKey = sseKmsKeyID
        stored.acl = acl
        stored.tags = try Self.pairs(tag)
        stored.contentType = contentType
        stored.metadata = try Self.pairs(metadata)
        if let name = stored.unknown(at: destination) {
            throw ValidationError("The destination's store knows no \(name.rawValue).")
        }
        stored = stored.over(access)
        if let (name, why) = stored.contradiction(at: destination) { throw ValidationError("\(name.rawValue) \(why).") }
        return stored
    }
}
