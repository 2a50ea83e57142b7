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

    /// - Parameter minimumSpeed: bytes a second below which a transfer has stalled; `nil`: the stores' own.
    func configuration(concurrency: Int, minimumSpeed: Int64? = nil) -> StoreConfiguration {
        var http = HTTPClientConfiguration()
        // Saves a tenth of the processor time of large downloads against 64 KiB; more saves nothing.
        http.receiveBuffer = 128 << 10
        http.maximumConnections = max(concurrency, 1)
        http.maximumConnectionsPerHost = max(concurrency, 1)
        var configuration = StoreConfiguration(
            environment: ProcessEnvironment.current, endpointURL: endpointURL, region: region,
            profile: profile, anonymous: noSignRequest, http: http)
        if let minimumSpeed { configuration.timeouts.minimumRate = Int(clamping: minimumSpeed) }
        return configuration
    }
}
