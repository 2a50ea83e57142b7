import Basics
import HTTPTransport
import Testing
import WorkdirProtocol

@testable import Transfer

/// Against the examples that AWS publishes.
struct SigV4Tests {
    private static let s3Example = AWSCredentials(
        accessKeyID: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    private static let suite = AWSCredentials(
        accessKeyID: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")

    private func signature(_ headers: HTTPHeaders) -> Substring? {
        headers["Authorization"]?.split(separator: "Signature=").last
    }

    /// docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html. The page signs every header it sends,
    /// `Range` too, which we leave to proxies, so only those examples without it can be compared.
    @Test(arguments: [
        ("lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("list", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ])
    func `S3's own examples`(example: String, expected: String) throws {
        var request = SigV4.Request(
            method: "GET", origin: WebOrigin(scheme: .https, host: "examplebucket.s3.amazonaws.com"), path: "/")
        request.query = example == "list" ? [("prefix", "J"), ("max-keys", "2")] : [("lifecycle", "")]
        let time = try #require(CivilTime(internet: "2013-05-24T00:00:00Z")).secondsSince1970
        let headers = SigV4(service: "s3", region: "us-east-1")
            .sign(request, with: Self.s3Example, at: time, keys: SigningKeys())
        #expect(signature(headers)?.elementsEqual(expected) == true)
    }

    /// aws-sig-v4-test-suite: get-vanilla, get-vanilla-query-order-key-case, get-unreserved, post-vanilla,
    /// post-x-www-form-urlencoded.
    @Test(arguments: [
        ("GET", "/", [(String, String)](), "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        (
            "GET", "/", [("Param2", "value2"), ("Param1", "value1")], "",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        ("POST", "/", [], "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", [], "",
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
        ),
        (
            "POST", "/", [], "application/x-www-form-urlencoded",
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
        ),
    ])
    func `the published suite`(method: String, path: String, query: [(String, String)], type: String, expected: String)
        throws
    {
        var request = SigV4.Request(
            method: method, origin: WebOrigin(scheme: .https, host: "example.amazonaws.com"), path: path)
        request.query = query.map { (name: $0.0, value: $0.1) }
        if !type.isEmpty {
            request.headers["Content-Type"] = type
            request.payload = Hex.encode(MessageDigest.sha256("Param1=value1".utf8))
        }
        let time = try #require(CivilTime(internet: "2015-08-30T12:36:00Z")).secondsSince1970
        let headers = SigV4(service: "service", region: "us-east-1")
            .sign(request, with: Self.suite, at: time, keys: SigningKeys())
        #expect(signature(headers)?.elementsEqual(expected) == true)
    }

    @Test func `the token is sent and signed`() {
        var credentials = Self.suite
        credentials.sessionToken = "a token"
        let request = SigV4.Request(method: "GET", origin: WebOrigin(scheme: .https, host: "h"), path: "/")
        let headers = SigV4(service: "s3", region: "r").sign(request, with: credentials, at: 0, keys: SigningKeys())
        #expect(headers["X-Amz-Security-Token"] == "a token")
        #expect(headers["Authorization"]?.contains("x-amz-security-token") == true)
    }

    @Test func `a day's key is derived once and depends on everything`() {
        let keys = SigningKeys()
        let key = keys.key(secret: "s", day: "20130524", region: "r", service: "s3")
        #expect(keys.key(secret: "s", day: "20130524", region: "r", service: "s3") == key)
        #expect(keys.key(secret: "t", day: "20130524", region: "r", service: "s3") != key)
        #expect(keys.key(secret: "s", day: "20130525", region: "r", service: "s3") != key)
        #expect(keys.key(secret: "s", day: "20130524", region: "q", service: "s3") != key)
        // docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-examples (derivation of a signing key).
        let known = keys.key(
            secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", day: "20120215", region: "us-east-1", service: "iam")
        #expect(Hex.encode(known) == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }
}
