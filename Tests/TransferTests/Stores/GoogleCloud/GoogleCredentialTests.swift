import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@testable import Transfer

struct GoogleCredentialTests {
    private static let now: Int64 = 1_700_000_000

    private func source(
        _ environment: [String: String], _ exchange: ScriptedExchange
    ) -> GoogleTokenSource {
        GoogleTokenSource(
            StoreConfiguration(environment: environment.merging(["CLOUDSDK_CONFIG": "/nonexistent"]) { old, _ in old }),
            client: exchange, direct: exchange, now: { Self.now })
    }

    private func file(_ folder: TemporaryFolder, _ fields: [String: Any]) throws -> String {
        try folder.write(JSONSerialization.data(withJSONObject: fields), to: "credentials.json")
    }

    private func form(_ request: HTTPRequest) -> [String: String] {
        Dictionary(
            request.bodyText.split(separator: "&").map { pair in
                let words = pair.split(separator: "=", maxSplits: 1)
                return (String(words[0]), words.count > 1 ? String(words[1]).removingPercentEncoding ?? "" : "")
            }, uniquingKeysWith: { $1 })
    }

    @Test(.requires(.openssl)) func `a service account signs for its token`() async throws {
        let folder = try TemporaryFolder("service-account")
        let openssl = try #require(Tool.openssl.path)
        try await output(openssl, ["genpkey", "-algorithm", "RSA", "-out", folder["key.pem"]])
        try await output(openssl, ["pkey", "-in", folder["key.pem"], "-pubout", "-out", folder["public.pem"]])
        let path = try file(
            folder,
            [
                "type": "service_account", "client_email": "pod@project.example", "private_key_id": "key-1",
                "private_key": try folder.text("key.pem"), "token_uri": "https://token.example/t",
                "quota_project_id": "payer",
            ])
        let exchange = ScriptedExchange { _ in (200, "{\"access_token\":\"ya29.secret\",\"expires_in\":3599}") }
        let token = try await source(["GOOGLE_APPLICATION_CREDENTIALS": path], exchange).fetch()
        #expect(token == BearerToken(value: "ya29.secret", expiration: Self.now + 3599, payer: "payer"))
        #expect(token.map { "\($0) \(String(reflecting: $0))" }?.contains("secret") == false)
        let request = try #require(exchange.requests.first)
        #expect(request.url == "https://token.example/t")
        let form = form(request)
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        let words = try #require(form["assertion"]).split(separator: ".").map(String.init)
        #expect(words.count == 3)
        func decoded(_ word: String) throws -> [UInt8] {
            let padded = word.replacing("-", with: "+").replacing("_", with: "/")
            return try Array(
                #require(Data(base64Encoded: padded + String(repeating: "=", count: (4 - padded.count % 4) % 4))))
        }
        let header = JSONFields(parsing: try decoded(words[0]))
        #expect(header?["alg"] == "RS256" && header?["kid"] == "key-1")
        let claims = JSONFields(parsing: try decoded(words[1]))
        #expect(claims?["iss"] == "pod@project.example" && claims?["aud"] == "https://token.example/t")
        #expect(claims?["iat"] == "\(Self.now)" && claims?["exp"] == "\(Self.now + 3600)")
        #expect(claims?["scope"]?.contains("devstorage.read_write") == true)
        try folder.write("\(words[0]).\(words[1])", to: "signed")
        try folder.write(try decoded(words[2]), to: "signature")
        let verdict = try await output(
            openssl,
            ["dgst", "-sha256", "-verify", folder["public.pem"], "-signature", folder["signature"], folder["signed"]])
        #expect(verdict.contains("Verified OK"))
    }

    @Test func `gcloud's own file refreshes, and only where nothing else is named`() async throws {
        let folder = try TemporaryFolder("gcloud")
        let document = [
            "type": "authorized_user", "client_id": "id", "client_secret": "s", "refresh_token": "r/t",
        ]
        try folder.write(JSONSerialization.data(withJSONObject: document), to: "application_default_credentials.json")
        let exchange = ScriptedExchange { _ in (200, "{\"access_token\":\"t\",\"expires_in\":10}") }
        let token = try await source(["CLOUDSDK_CONFIG": folder.path], exchange).fetch()
        #expect(token == BearerToken(value: "t", expiration: Self.now + 10))
        #expect(exchange.requests.first?.url == "https://oauth2.googleapis.com/token")
        #expect(exchange.requests.first.map { form($0)["refresh_token"] } == "r/t")
    }

    private static var external: [String: Any] {
        [
            "type": "external_account", "audience": "//iam.example/pool", "subject_token_type": "urn:jwt",
            "token_url": "https://sts.example/v1/token",
        ]
    }

    @Test(arguments: ["file", "json-file", "url"])
    func `another cluster's token is exchanged, and becomes a service account`(kind: String) async throws {
        let folder = try TemporaryFolder("external")
        let json = ["type": "json", "subject_token_field_name": "id_token"]
        let sources: [String: [String: Any]] = [
            "file": ["file": try folder.write("the.word\n", to: "token")],
            "json-file": ["file": try folder.write("{\"id_token\":\"the.word\"}", to: "token.json"), "format": json],
            "url": ["url": "http://127.0.0.1:1/t", "headers": ["X-Who": "me"], "format": json],
        ]
        var document = Self.external
        document["credential_source"] = sources[kind]
        document["service_account_impersonation_url"] = "https://iam.example/v1/sa:generateAccessToken"
        let path = try file(folder, document)
        let exchange = ScriptedExchange { request in
            switch request.url {
            case "http://127.0.0.1:1/t": (request.headers["X-Who"] == "me" ? 200 : 401, "{\"id_token\":\"the.word\"}")
            case "https://sts.example/v1/token": (200, "{\"access_token\":\"federated\",\"expires_in\":3600}")
            default: (200, "{\"accessToken\":\"final\",\"expireTime\":\"2023-11-14T23:13:20Z\"}")
            }
        }
        let token = try await source(["GOOGLE_APPLICATION_CREDENTIALS": path], exchange).fetch()
        #expect(token == BearerToken(value: "final", expiration: Self.now + 3600))
        let exchanged = try #require(exchange.requests.first { $0.url.contains("sts.example") })
        let form = form(exchanged)
        #expect(form["subject_token"] == "the.word" && form["audience"] == "//iam.example/pool")
        #expect(form["grant_type"] == "urn:ietf:params:oauth:grant-type:token-exchange")
        #expect(form["scope"]?.hasSuffix("cloud-platform") == true)
        let last = try #require(exchange.requests.last)
        #expect(last.headers["Authorization"] == "Bearer federated")
        #expect(last.bodyText.contains("devstorage.read_write"))
    }

    @Test func `a role of AWS is exchanged by a signed request that is never sent`() async throws {
        let folder = try TemporaryFolder("aws")
        var document = Self.external
        document["credential_source"] = [
            "environment_id": "aws1",
            "regional_cred_verification_url":
                "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
        ]
        let path = try file(folder, document)
        let exchange = ScriptedExchange { _ in (200, "{\"access_token\":\"t\",\"expires_in\":3600}") }
        let environment = [
            "GOOGLE_APPLICATION_CREDENTIALS": path, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_SESSION_TOKEN": "session", "AWS_REGION": "eu-west-1", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        ]
        #expect(try await source(environment, exchange).fetch()?.value == "t")
        #expect(exchange.requests.map(\.url) == ["https://sts.example/v1/token"])
        let request = try #require(exchange.requests.first)
        let subject = try #require(form(request)["subject_token"]?.removingPercentEncoding)
        let proof = try #require(JSONFields(parsing: Array(subject.utf8)))
        #expect(proof["method"] == "POST")
        #expect(proof["url"] == "https://sts.eu-west-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15")
        let headers = Dictionary(
            proof.list("headers").map { ($0["key"] ?? "", $0["value"] ?? "") }, uniquingKeysWith: { $1 })
        #expect(headers["x-goog-cloud-target-resource"] == "//iam.example/pool")
        #expect(headers["x-amz-security-token"] == "session" && headers["host"] == "sts.eu-west-1.amazonaws.com")
        let signed = try #require(headers["Authorization"])
        #expect(signed.contains("SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource"))
        #expect(!subject.contains("secret"))
    }

    @Test(arguments: [
        ("{}", "type"), ("nonsense", "no file of Google credentials"), ("{\"type\":\"gdch\"}", "'gdch'"),
        ("{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"x\"}", "private_key"),
        ("{\"type\":\"service_account\",\"client_email\":\"a\"}", "private_key"),
        (
            "{\"type\":\"service_account\",\"client_email\":\"a\",\"private_key\":\"k\",\"token_uri\":\"http://evil/\"}",
            "in the clear"
        ),
        (
            "{\"type\":\"external_account\",\"audience\":\"a\",\"subject_token_type\":\"t\",\"token_url\":\"https://t/\",\"credential_source\":{\"executable\":{\"command\":\"x\"}}}",
            "credential_source"
        ),
    ])
    func `what is no credential says what is wrong with it`(document: String, word: String) async throws {
        let folder = try TemporaryFolder("bad")
        let path = try folder.write(document, to: "file")
        let exchange = ScriptedExchange { _ in nil }
        let error = await failure { () throws(TransferError) in
            _ = try await self.source(["GOOGLE_APPLICATION_CREDENTIALS": path], exchange).fetch()
        }
        #expect(error?.reason == .credentials)
        #expect(error?.object == path)
        #expect(error?.message.contains(word) == true, "\(error as Any)")
        #expect(exchange.requests.isEmpty)
    }

    @Test func `a named file must be there`() async throws {
        let exchange = ScriptedExchange { _ in nil }
        let error = await failure { () throws(TransferError) in
            _ = try await self.source(["GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent/x"], exchange).fetch()
        }
        #expect(error?.reason == .credentials && error?.message.contains("missing") == true)
    }

    /// Answers like a metadata server that is up after `failures` questions.
    private func machine(failures: Int, status: Int? = nil) -> (
        GoogleTokenSource, ScriptedExchange, waited: Collected<Duration>
    ) {
        let asked = Counter()
        let exchange = ScriptedExchange(headers: ["Metadata-Flavor": "Google"]) { request in
            guard request.headers["Metadata-Flavor"] == "Google" else { return (403, "") }
            guard
                asked.next() > failures
            else { return status.map { ($0, "") } }
            return (200, "{\"access_token\":\"machine\",\"expires_in\":600,\"token_type\":\"Bearer\"}")
        }
        let waited = Collected<Duration>()
        let configuration = StoreConfiguration(environment: ["CLOUDSDK_CONFIG": "/nonexistent"])
        let source = GoogleTokenSource(
            configuration, client: exchange, direct: exchange, now: { Self.now }, pause: { waited.add($0) })
        return (source, exchange, waited)
    }

    @Test(arguments: [(0, nil), (1, nil), (3, 500), (5, nil), (2, 429)])
    func `a metadata server is waited for in a pod's first seconds`(failures: Int, status: Int?) async throws {
        let (source, exchange, waited) = machine(failures: failures, status: status)
        #expect(try await source.fetch() == BearerToken(value: "machine", expiration: Self.now + 600))
        #expect(waited.all == Array(NearService.pauses.prefix(failures)))
        #expect(
            exchange.requests.first?.url
                == "http://169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token")
    }

    @Test func `but not for ever, and not where another cloud or nobody answers`() async throws {
        let (source, exchange, _) = machine(failures: 99)
        #expect(try await source.fetch() == nil)
        #expect(exchange.requests.count == NearService.pauses.count + 1)
        let (accountless, asked, _) = machine(failures: 99, status: 404)
        #expect(try await accountless.fetch() == nil)
        #expect(asked.requests.count == 1)
        let amazon = ScriptedExchange { _ in (401, "") }
        #expect(try await self.source([:], amazon).fetch() == nil)
        #expect(amazon.requests.count == 1)
        let off = ScriptedExchange { _ in nil }
        #expect(try await self.source(["NO_GCE_CHECK": "true"], off).fetch() == nil)
        #expect(off.requests.isEmpty)
    }

    @Test func `a metadata server that is named must answer`() async throws {
        let exchange = ScriptedExchange { _ in (403, "{\"error\":\"no\",\"error_description\":\"not you\"}") }
        let error = await failure { () throws(TransferError) in
            _ = try await self.source(["GCE_METADATA_HOST": "127.0.0.1:9"], exchange).fetch()
        }
        #expect(error?.reason == .credentials && error?.message.contains("not you") == true)
        #expect(exchange.requests.first?.url.hasPrefix("http://127.0.0.1:9/computeMetadata/") == true)
    }
}
