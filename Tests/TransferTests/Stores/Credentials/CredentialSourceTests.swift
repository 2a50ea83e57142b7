import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Where credentials come from, with scripted services.
struct CredentialSourceTests {
    private static let document = """
        {"Code":"Success","AccessKeyId":"AKID","SecretAccessKey":"secret","Token":"token",
         "Expiration":"2030-01-01T00:00:00Z","LastUpdated":"2029-01-01T00:00:00Z"}
        """
    private static let found = AWSCredentials(
        accessKeyID: "AKID", secretAccessKey: "secret", sessionToken: "token", expiration: 1_893_456_000)

    private func sts(_ environment: [String: String], _ client: ScriptedExchange) throws(TransferError)
        -> SecurityTokenService
    {
        try SecurityTokenService(
            StoreConfiguration(environment: environment), profiles: AWSProfiles(config: "", credentials: "", name: nil),
            client: client, clock: ServerClock { 1_700_000_000 })
    }

    private func assumed(_ action: String) -> String {
        """
        <\(action)Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><\(action)Result><Credentials>
        <AccessKeyId>AKID</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
        <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></\(action)Result></\(action)Response>
        """
    }

    @Test(arguments: [
        ([String: String](), nil),
        (["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"], "A S none"),
        (["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"], "A S T"),
        (["AWS_ACCESS_KEY_ID": ""], nil),
    ])
    func `environment`(environment: [String: String], expected: String?) async throws {
        let source = EnvironmentSource(configuration: StoreConfiguration(environment: environment))
        let credentials = try await source.fetch()
        #expect(
            credentials.map { "\($0.accessKeyID) \($0.secretAccessKey) \($0.sessionToken ?? "none")" } == expected)
    }

    @Test func `half an environment is an error`() async {
        let source = EnvironmentSource(configuration: StoreConfiguration(environment: ["AWS_ACCESS_KEY_ID": "A"]))
        let error = await failure { () throws(TransferError) in _ = try await source.fetch() }
        #expect(error?.reason == .credentials)
    }

    @Test(arguments: [
        (["AWS_REGION": "eu-west-1"], "https://sts.eu-west-1.amazonaws.com/"),
        (["AWS_REGION": "cn-north-1"], "https://sts.cn-north-1.amazonaws.com.cn/"), ([:], "https://sts.amazonaws.com/"),
        (["AWS_ENDPOINT_URL_STS": "http://sts:1", "AWS_ENDPOINT_URL": "http://all"], "http://sts:1/"),
        (["AWS_ENDPOINT_URL": "http://all"], "http://all/"),
    ])
    func `web identity: the token file is read at each refresh`(environment: [String: String], url: String)
        async throws
    {
        let folder = try TemporaryFolder()
        let token = try folder.write("first\n", to: "token")
        let answer = assumed("AssumeRoleWithWebIdentity")
        let client = ScriptedExchange { _ in (200, answer) }
        var environment = environment
        environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = token
        environment["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/a b"
        let source = try #require(
            WebIdentitySource(StoreConfiguration(environment: environment), service: try sts(environment, client)))
        #expect(try await source.fetch() == Self.found)
        try folder.write("second", to: "token")
        #expect(try await source.fetch() == Self.found)
        #expect(client.requests.map(\.url) == [url, url])
        let bodies = client.requests.map(\.bodyText)
        #expect(bodies[0].contains("WebIdentityToken=first") && bodies[1].contains("WebIdentityToken=second"))
        #expect(bodies[0].contains("RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fa%20b"))
        #expect(client.requests[0].headers["Authorization"] == nil)
        try folder.write(" \n", to: "token")
        let error = await failure { () throws(TransferError) in _ = try await source.fetch() }
        #expect(error?.reason == .credentials)
    }

    @Test func `a role is assumed with signed words, and a refusal tells STS's reason`() async throws {
        let answer = assumed("AssumeRole")
        let client = ScriptedExchange { _ in (200, answer) }
        let by = AWSCredentials(accessKeyID: "BASE", secretAccessKey: "s")
        let role = CredentialPlan.Role(arn: "arn", session: "me", externalID: "out", duration: 900)
        #expect(try await sts(["AWS_REGION": "eu-west-1"], client).assumeRole(role, by: by) == Self.found)
        let request = try #require(client.requests.first)
        #expect(request.headers["Authorization"]?.contains("BASE/20231114/eu-west-1/sts/aws4_request") == true)
        #expect(request.bodyText.contains("ExternalId=out") && request.bodyText.contains("DurationSeconds=900"))

        let refusing = ScriptedExchange { _ in
            (403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no trust</Message></Error></ErrorResponse>")
        }
        let error = await failure { () throws(TransferError) in
            _ = try await SecurityTokenService(
                StoreConfiguration(environment: [:]), profiles: AWSProfiles(config: "", credentials: "", name: nil),
                client: refusing, clock: ServerClock()
            ).assumeRole(role, by: by)
        }
        #expect(error?.reason == .credentials)
        #expect(error?.message.contains("no trust") == true)
    }

    /// Throttling comes with 400, when a thousand pods begin at once.
    @Test(arguments: [
        (400, "Throttling", "Rate exceeded", TransferError.Reason.throttled(retryAfter: nil)),
        (400, "IDPCommunicationError", "no answer", .server(status: 500)),
        (
            400, "InvalidIdentityToken", "Couldn't retrieve verification key from your identity provider",
            .server(status: 500)
        ),
        (400, "InvalidIdentityToken", "No OpenIDConnect provider found in your account", .credentials),
        (400, "ExpiredTokenException", "expired", .credentials), (403, "AccessDenied", "no trust", .credentials),
        (429, "", "", .throttled(retryAfter: nil)), (503, "", "", .server(status: 503)),
    ])
    func `what a refusal of STS means`(status: Int, code: String, words: String, reason: TransferError.Reason)
        async throws
    {
        let answer = "<ErrorResponse><Error><Code>\(code)</Code><Message>\(words)</Message></Error></ErrorResponse>"
        let client = ScriptedExchange { _ in (status, answer) }
        let error = await failure { () throws(TransferError) in
            _ = try await sts([:], client).assumeRole(CredentialPlan.Role(arn: "arn"), webIdentityToken: "t")
        }
        #expect(error?.reason == reason)
        #expect(error?.message.contains(words) == true)
    }

    @Test(arguments: [
        (["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/x"], "http://169.254.170.2/v2/x"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/c"], "http://169.254.170.23/v1/c"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://[fd00:ec2::23]/v1/c"], "http://[fd00:ec2::23]/v1/c"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost:8080/c"], "http://localhost:8080/c"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.9/c"], "http://127.0.0.9/c"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "https://anywhere.example/c"], "https://anywhere.example/c"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://anywhere.example/c"], "refused"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2.evil.example/c"], "refused"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.evil.example/c"], "refused"),
        (["AWS_CONTAINER_CREDENTIALS_FULL_URI": "nonsense"], "refused"), ([:], "none"),
    ])
    func `container: who may be asked`(environment: [String: String], expected: String) {
        do throws(TransferError) {
            let url = try ContainerSource.url(StoreConfiguration(environment: environment))
            #expect((url?.text ?? "none") == expected)
        } catch {
            #expect(expected == "refused")
            #expect(error.reason == .configuration)
        }
    }

    @Test func `container: the token comes from its file, else from the variable`() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("from-file\n", to: "token")
        let document = Self.document
        let client = ScriptedExchange { _ in (200, document) }
        var environment = [
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1/c", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "given",
        ]
        func source() -> ContainerSource {
            ContainerSource(configuration: StoreConfiguration(environment: environment), client: client)
        }
        #expect(try await source().fetch() == Self.found)
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file
        #expect(try await source().fetch() == Self.found)
        #expect(client.requests.map { $0.headers["Authorization"] } == ["given", "from-file"])
        environment["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = folder["missing"]
        let error = await failure { () throws(TransferError) in _ = try await source().fetch() }
        #expect(error?.reason == .credentials)
    }

    @Test func `machine: version 2 with its token`() async throws {
        let document = Self.document
        let client = ScriptedExchange { request in
            switch (request.method, request.url) {
            case ("PUT", "http://169.254.169.254/latest/api/token"):
                return request.headers["X-aws-ec2-metadata-token-ttl-seconds"] == nil ? (400, "") : (200, "session")
            case (_, _) where request.headers["X-aws-ec2-metadata-token"] != "session": return (401, "")
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/"): return (200, "my-role\n")
            case ("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/my-role"):
                return (200, document)
            default: return (404, "")
            }
        }
        let source = InstanceSource(
            InstanceMetadata(configuration: StoreConfiguration(environment: [:]), client: client))
        #expect(try await source.fetch() == Self.found)
        #expect(client.requests.allSatisfy { $0.timeouts.total == .seconds(2) })
    }

    private func machine(
        _ client: ScriptedExchange, _ environment: [String: String] = [:], _ waited: Collected<Duration> = Collected()
    ) -> InstanceSource {
        InstanceSource(
            InstanceMetadata(
                configuration: StoreConfiguration(environment: environment), client: client, pause: { waited.add($0) }))
    }

    @Test func `machine: nobody there, no role and switched off are no credentials`() async throws {
        let nobody = ScriptedExchange { _ in nil }
        let roleless = ScriptedExchange { $0.method == "PUT" ? (200, "t") : (404, "") }
        let waited = Collected<Duration>()
        #expect(try await machine(nobody, [:], waited).fetch() == nil)
        #expect(nobody.requests.count == 3 && waited.all == InstanceMetadata.pauses)
        #expect(try await machine(roleless).fetch() == nil)
        #expect(try await machine(roleless, ["AWS_EC2_METADATA_DISABLED": "TRUE"]).fetch() == nil)
        #expect(roleless.requests.count == 2)
    }

    @Test func `machine: a network that is late is waited for, a hop too many is named, a break may pass`() async throws
    {
        let document = Self.document
        let asked = Counter()
        let late = ScriptedExchange { request in
            request.method == "PUT" && asked.next() < 3 ? nil : (200, request.method == "PUT" ? "t" : document)
        }
        #expect(try await machine(late).fetch()?.accessKeyID == Self.found.accessKeyID)
        let silent = ScriptedExchange(failing: .timeout("firstByte")) { _ in nil }
        let hop = await failure { () throws(TransferError) in _ = try await self.machine(silent).fetch() }
        #expect(hop?.reason == .credentials && hop?.hint?.contains("HttpPutResponseHopLimit") == true)
        let broken = ScriptedExchange { $0.method == "PUT" ? (200, "t") : nil }
        let passing = await failure { () throws(TransferError) in _ = try await self.machine(broken).fetch() }
        #expect(passing.map(StoreRetries.classify) == .transient)
    }

    @Test func `machine: its region is asked for once, and only where nobody says one`() async throws {
        let machine = ScriptedExchange { request in
            switch (request.method, request.url) {
            case ("PUT", _): (200, "session")
            case (_, "http://169.254.169.254/latest/meta-data/placement/region"): (200, "eu-central-1")
            default: (404, "")
            }
        }
        func region(_ environment: [String: String], endpoint: String? = nil) async throws -> String {
            let configuration = StoreConfiguration(environment: environment, endpointURL: endpoint)
            let service = try S3Service(configuration, client: machine, direct: machine)
            _ = await service.region()
            return await service.region()
        }
        let bare = ["AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"]
        #expect(try await region(bare) == "eu-central-1")
        #expect(machine.requests.count == 2)
        #expect(try await region(bare.merging(["AWS_REGION": "eu-west-1"]) { $1 }) == "eu-west-1")
        #expect(try await region(bare, endpoint: "http://localhost:1") == "us-east-1")
        #expect(try await region(bare.merging(["AWS_EC2_METADATA_DISABLED": "true"]) { $1 }) == "us-east-1")
        #expect(machine.requests.count == 2)
        for answer in ["", "a\nb", "<html>"] {
            let odd = ScriptedExchange { _ in (200, answer) }
            let configuration = StoreConfiguration(environment: bare)
            #expect(await InstanceMetadata(configuration: configuration, client: odd).region() == nil)
        }
    }

    @Test(arguments: [
        "", "{}", "[]", "{\"AccessKeyId\":\"A\"}", "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"\"}",
        "{\"AccessKeyId\":\"A\",\"SecretAccessKey\":\"S\",\"Expiration\":\"soon\"}",
        "{\"Code\":\"AssumeRoleUnauthorizedAccess\",\"Message\":\"no\"}",
    ])
    func `a document without credentials is an error`(document: String) {
        let error = #expect(throws: TransferError.self) {
            try CredentialDocument.credentials(Array(document.utf8), from: "test")
        }
        #expect(error?.reason == .credentials)
    }

    @Test func `a process prints credentials, or fails clearly`() async throws {
        let runner = SystemProcessRunner()
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.document.replacing("Token", with: "SessionToken"), to: "a file")
        let output = try await runner.output(of: "cat '\(file)'")
        #expect(try CredentialDocument.credentials(output, from: "test") == Self.found)
        for command in ["false", "/nonexistent/program", "'", "", "yes"] {
            let error = await failure { () throws(TransferError) in _ = try await runner.output(of: command) }
            #expect(error?.reason == .credentials)
        }
    }
}
