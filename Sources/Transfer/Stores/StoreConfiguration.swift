internal import Basics
internal import Glibc
package import HTTPTransport

/// How stores are reached. A value: nothing below it reads the process's environment or command line by itself.
package struct StoreConfiguration: Sendable {
    /// The variables that AWS's tools, curl and `KPIPE_HTTP_*` users set.
    var environment: [String: String]
    /// Where S3 is, over whatever the environment says (`--endpoint-url`).
    var endpointURL: String?
    var region: String?
    /// A profile of the shared configuration files, over `AWS_PROFILE`.
    var profile: String?
    /// Requests to S3 are not signed (`--no-sign-request`): public buckets.
    var anonymous: Bool
    /// Puts the bucket into the path instead of the host name; `nil` decides by endpoint and bucket name.
    var pathStyle: Bool?
    /// A file with a bearer token for `http(s)://`, read anew for each request because mounted tokens rotate.
    var bearerFile: String?
    /// Of places whose entry says nothing else.
    package var settings = StoreSettings()
    var http: HTTPClientConfiguration
    /// Of every request with a store that does not need others.
    package var timeouts = StoreConfiguration.defaultTimeouts

    /// Slower than a modem is no transfer any more, but a connection that nobody has told of its end.
    static let defaultTimeouts = HTTPTimeouts(minimumRate: 1 << 10)

    package init(
        environment: [String: String], endpointURL: String? = nil, region: String? = nil, profile: String? = nil,
        anonymous: Bool = false, pathStyle: Bool? = nil, bearerFile: String? = nil,
        http: HTTPClientConfiguration = .init()
    ) {
        self.environment = environment
        self.endpointURL = endpointURL
        self.region = region
        self.profile = profile
        self.anonymous = anonymous
        self.pathStyle = pathStyle
        self.bearerFile = bearerFile
        self.http = http
    }

    /// For one place.
    func configured(_ given: StoreSettings) -> StoreConfiguration {
        var configuration = self
        configuration.settings = given.over(settings)
        configuration.region = given.region ?? region
        configuration.profile = given.profile ?? profile
        configuration.anonymous = given.anonymous || anonymous
        return configuration
    }

    /// The client's configuration with the certificates that the environment names, where nothing else is said:
    /// `AWS_CA_BUNDLE` or `SSL_CERT_FILE` are trusted instead of the system's, `KPIPE_HTTP_CERTIFICATE_FILE` and
    /// `KPIPE_HTTP_KEY_FILE` are shown to servers that ask. Throws `.configuration` where they cannot be read.
    func httpWithCertificates() throws(TransferError) -> HTTPClientConfiguration {
        var http = http
        if case .system = http.tls.trust, let bundle = variable("AWS_CA_BUNDLE") ?? variable("SSL_CERT_FILE") {
            http.tls.trust = .file(bundle)
        }
        if http.tls.identity == nil, let certificate = variable("KPIPE_HTTP_CERTIFICATE_FILE") {
            // One file may hold both.
            let key = variable("KPIPE_HTTP_KEY_FILE") ?? certificate
            http.tls.identity = (certificate: try Self.pem(certificate), key: try Self.pem(key))
        }
        return http
    }

    private static func pem(_ path: String) throws(TransferError) -> [UInt8] {
        guard let bytes = try SmallFile.given(path, .configuration) else {
            throw TransferError(path, .configuration, "the certificate file is missing")
        }
        return bytes
    }

    /// A variable's value; set but empty counts as not set, as AWS's tools have it.
    func variable(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func flag(_ name: String) -> Bool { variable(name)?.lowercased() == "true" }

    /// `~/` at the start replaced by the home folder.
    func expandingHome(_ path: String) -> String {
        guard path.hasPrefix("~/"), let home = variable("HOME") else { return path }
        return home + path.dropFirst()
    }
}

extension SmallFile {
    /// What a person named; `nil` where it is missing. Throws `reason` where it cannot be read.
    static func given(_ path: String, _ reason: TransferError.Reason) throws(TransferError) -> [UInt8]? {
        do { return try bytesIfPresent(path, pipes: true) } catch {
            throw TransferError(path, reason, "cannot be read: \(error.reason)")
        }
    }
}
