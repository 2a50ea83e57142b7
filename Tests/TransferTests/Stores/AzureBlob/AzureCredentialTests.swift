import Basics
import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

struct AzureCredentialTests {
    private static let now: Int64 = 1_700_000_000

    private func source(
        _ environment: [String: String], _ exchange: ScriptedExchange, _ waited: Collected<Duration> = Collected()
    ) -> AzureTokenSource {
        AzureTokenSource(
            StoreConfiguration(environment: environment), client: exchange, direct: exchange, now: { Self.now },
            pause: { waited.add($0) })
    }

    private func form(_ request: HTTPRequest?) -> [String: String] {
        Dictionary(
            (request?.bodyText ?? "").split(separator: "&").map { pair in
                let words = pair.split(separator: "=", maxSplits: 1)
                return (String(words[0]), words.count > 1 ? String(words[1]).removingPercentEncoding ?? "" : "")
            }, uniquingKeysWith: { $1 })
    }

    @Test func `a pod's token is read anew each time, and exchanged`() async throws {
        let folder = try TemporaryFolder("workload")
        let path = try folder.write("first\n", to: "token")
        let exchange = ScriptedExchange { _ in (200, "{\"access_token\":\"t\",\"expires_in\":3599}") }
        let source = source(
            [
                "AZURE_FEDERATED_TOKEN_FILE": path, "AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant",
                "AZURE_AUTHORITY_HOST": "https://login.example",
            ], exchange)
        #expect(try await source.fetch() == BearerToken(value: "t", expiration: Self.now + 3599))
        try folder.write("second", to: "token")
        _ = try await source.fetch()
        #expect(
            exchange.requests.map(\.url) == Array(repeating: "https://login.example/tenant/oauth2/v2.0/token", count: 2)
        )
        #expect(exchange.requests.map { form($0)["client_assertion"] } == ["first", "second"])
        #expect(form(exchange.requests.first)["scope"] == "https://storage.azure.com/.default")
        #expect(form(exchange.requests.first)["client_id"] == "client")
    }

    @Test(arguments: ["AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_FEDERATED_TOKEN_FILE"])
    func `what is missing is named`(missing: String) async throws {
        var environment = [
            "AZURE_FEDERATED_TOKEN_FILE": "/dev/null", "AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant",
        ]
        let folder = try TemporaryFolder("missing")
        environment["AZURE_FEDERATED_TOKEN_FILE"] =
            missing == "AZURE_FEDERATED_TOKEN_FILE" ? "/nonexistent" : try folder.write("x", to: "t")
        if missing != "AZURE_FEDERATED_TOKEN_FILE" { environment[missing] = nil }
        let source = source(environment, ScriptedExchange { _ in nil })
        let error = await failure { () throws(TransferError) in _ = try await source.fetch() }
        #expect(error?.reason == .credentials)
        #expect(error?.object == (missing == "AZURE_FEDERATED_TOKEN_FILE" ? "/nonexistent" : missing))
    }

    @Test func `a secret, the platform, the machine`() async throws {
        let token = "{\"access_token\":\"t\",\"expires_on\":\"\(Self.now + 60)\",\"resource\":\"r\"}"
        let exchange = ScriptedExchange { _ in (200, token) }
        let expected = BearerToken(value: "t", expiration: Self.now + 60)
        let client = ["AZURE_CLIENT_SECRET": "s", "AZURE_CLIENT_ID": "c", "AZURE_TENANT_ID": "t"]
        #expect(try await source(client, exchange).fetch() == expected)
        #expect(form(exchange.requests.last)["client_secret"] == "s")
        let platform = [
            "IDENTITY_ENDPOINT": "http://127.0.0.1:4/token", "IDENTITY_HEADER": "h", "AZURE_CLIENT_ID": "c",
        ]
        #expect(try await source(platform, exchange).fetch() == expected)
        #expect(exchange.requests.last?.headers["X-IDENTITY-HEADER"] == "h")
        #expect(
            exchange.requests.last?.url
                == "http://127.0.0.1:4/token?api-version=2019-08-01&resource=https%3A%2F%2Fstorage.azure.com%2F&client_id=c"
        )
        #expect(try await source([:], exchange).fetch() == expected)
        #expect(exchange.requests.last?.headers["Metadata"] == "true")
        #expect(
            exchange.requests.last?.url
                == "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fstorage.azure.com%2F"
        )
    }

    @Test func `a machine is waited for, nobody is no credentials, and its refusal says what to set`() async throws {
        let asked = Counter()
        let waited = Collected<Duration>()
        let late = ScriptedExchange { _ in
            asked.next() < 3 ? nil : (200, "{\"access_token\":\"t\",\"expires_in\":\"60\"}")
        }
        #expect(try await source([:], late, waited).fetch()?.value == "t")
        #expect(waited.all == Array(NearService.pauses.prefix(2)))
        let nobody = ScriptedExchange { _ in nil }
        #expect(try await source([:], nobody).fetch() == nil)
        #expect(nobody.requests.count == NearService.pauses.count + 1)
        let amazon = ScriptedExchange { _ in (404, "") }
        #expect(try await source([:], amazon).fetch() == nil)
        #expect(amazon.requests.count == 1)
        let refusal = "{\"error\":\"invalid_request\",\"error_description\":\"Identity not found\"}"
        let nameless = ScriptedExchange(headers: ["Server": "IMDS/150"]) { _ in (400, refusal) }
        let error = await failure { () throws(TransferError) in _ = try await self.source([:], nameless).fetch() }
        #expect(
            error?.message.contains("Identity not found") == true && error?.hint?.contains("AZURE_CLIENT_ID") == true)
    }

    @Test(arguments: [
        ([:], "https://acc.blob.core.windows.net"),
        (["AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/"], "https://acc.blob.core.usgovcloudapi.net"),
        (["AZURE_AUTHORITY_HOST": "https://login.chinacloudapi.cn"], "https://acc.blob.core.chinacloudapi.cn"),
        (["AZURE_STORAGE_SERVICE_ENDPOINT": "https://own.example/path/"], "https://own.example/path"),
        (
            ["AZURE_STORAGE_SERVICE_ENDPOINT": "https://own.example", "AZURE_STORAGE_ACCOUNT": "b"],
            "https://acc.blob.core.windows.net"
        ),
        (
            ["AZURE_STORAGE_CONNECTION_STRING": "AccountName=acc;AccountKey=a2V5;EndpointSuffix=core.example"],
            "https://acc.blob.core.example"
        ),
        (
            ["AZURE_STORAGE_CONNECTION_STRING": "AccountName=b;BlobEndpoint=https://b.example"],
            "https://acc.blob.core.windows.net"
        ),
    ])
    func `where an account is`(environment: [String: String], endpoint: String) throws {
        let account = try AzureAccount("acc", StoreConfiguration(environment: environment))
        #expect(account.endpoint.origin.text + account.endpoint.target == endpoint)
    }

    @Test(arguments: [
        ["AZURE_STORAGE_KEY": "not base 64!"], ["AZURE_STORAGE_SERVICE_ENDPOINT": "http://remote.example"],
        ["AZURE_STORAGE_SERVICE_ENDPOINT": "http://remote.example", "AZURE_STORAGE_SAS_TOKEN": "sig=secret"],
        ["AZURE_STORAGE_SERVICE_ENDPOINT": "https://host:x/"],
    ])
    func `an account that cannot be`(environment: [String: String]) {
        let error = #expect(throws: TransferError.self) {
            try AzureAccount("acc", StoreConfiguration(environment: environment))
        }
        #expect(error?.description.contains("secret") == false)
    }

    @Test func `a date as HTTP writes it`() {
        #expect(CivilTime(secondsSince1970: 784_111_777).http == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(CivilTime(secondsSince1970: 0).http == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(CivilTime(secondsSince1970: 1_709_251_199).http == "Thu, 29 Feb 2024 23:59:59 GMT")
    }
}
