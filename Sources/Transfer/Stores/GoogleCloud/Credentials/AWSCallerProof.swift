internal import Basics
internal import HTTPTransport

/// What tells Google which role of AWS this is: a request to AWS STS, signed and never sent by us
/// (https://google.aip.dev/auth/4117).
struct AWSCallerProof: Sendable {
    private let source: AWSCredentialChain
    private let region: String?
    private let machine: InstanceMetadata
    private let now: EpochClock

    init(_ configuration: StoreConfiguration, service: TokenService) throws(TransferError) {
        let clock = ServerClock(service.now)
        let profiles = try AWSProfiles(configuration)
        source = try AWSCredentialChain(
            configuration, profiles: profiles, client: service.client, direct: service.direct, clock: clock)
        region =
            configuration.variable("AWS_REGION") ?? configuration.variable("AWS_DEFAULT_REGION")
            ?? profiles.chosen["region"]
        machine = InstanceMetadata(configuration: configuration, client: service.direct)
        now = service.now
    }

    func text(for audience: String, url: String) async throws(TransferError) -> String {
        guard let credentials = try await source.fetch() else {
            throw TransferError(
                audience, .credentials, "there are no AWS credentials to exchange", hint: AWSCredentials.missing.hint)
        }
        let region: String
        if let known = self.region {
            region = known
        } else {
            region = await machine.region() ?? S3Settings.defaultRegion
        }
        guard let url = WebURL(url.replacing("{region}", with: region)) else {
            throw TransferError(audience, .credentials, "regional_cred_verification_url is no URL")
        }
        let parts = url.target.split(separator: "?", maxSplits: 1)
        var request = SigV4.Request(method: "POST", origin: url.origin, path: parts.first.map(String.init) ?? "/")
        request.query = (parts.count > 1 ? parts[1] : "").split(separator: "&").map { pair in
            let name = pair.prefix { $0 != "=" }
            let value = pair[name.endIndex...].dropFirst()
            return (PercentEncoding.decode(name) ?? "", PercentEncoding.decode(value) ?? "")
        }
        request.headers = ["host": url.origin.authority, "x-goog-cloud-target-resource": audience]
        let signed = SigV4(service: "sts", region: region).sign(
            request, with: credentials, at: now(), keys: SigningKeys())
        let headers = signed.fields.map { field in
            let name = field.name == "Authorization" ? field.name : field.name.lowercased()
            return JSONValue.object([.init("key", .string(name)), .init("value", .string(field.value))])
        }
        let proof: JSONValue = ["url": .string(request.url), "method": "POST", "headers": .array(headers)]
        return PercentEncoding.encode(proof.text)
    }
}
