import Testing

@testable import Transfer

/// What the shared files say, as tables.
struct CredentialPlanTests {
    private static let config = """
        # a comment
        [default]
        region = eu-central-1   ; where we are
        [profile keys]
        aws_access_key_id = CONFIGKEY
        aws_secret_access_key = config-secret
        [profile both]
        aws_access_key_id = CONFIGKEY
        aws_secret_access_key = config-secret
        endpoint_url = http://of-the-profile
        services = local
        s3 =
          addressing_style = virtual
          max_concurrent_requests = 20
        [services local]
        s3 =
            endpoint_url = http://of-the-service:9000
        [profile process]
        credential_process = /bin/give "my credentials"
        [profile web]
        role_arn = arn:web
        web_identity_token_file = /token
        role_session_name = session
        [profile role]
        role_arn = arn:role
        source_profile = both
        external_id = outside
        duration_seconds = 900
        [profile chained]
        role_arn = arn:chained
        source_profile = role
        [profile own]
        role_arn = arn:own
        source_profile = own
        aws_access_key_id = OWN
        aws_secret_access_key = own-secret
        [profile circle]
        role_arn = arn:a
        source_profile = circle2
        [profile circle2]
        role_arn = arn:b
        source_profile = circle
        [profile machine]
        role_arn = arn:machine
        credential_source = Ec2InstanceMetadata
        [profile container]
        role_arn = arn:container
        credential_source = EcsContainer
        [profile strange]
        role_arn = arn:strange
        credential_source = Elsewhere
        [profile sourceless]
        role_arn = arn:alone
        [profile lost]
        role_arn = arn:lost
        source_profile = nowhere
        [profile mfa]
        role_arn = arn:mfa
        source_profile = both
        mfa_serial = arn:device
        [profile sso]
        sso_session = my-sso
        [profile "with space"]
        aws_access_key_id = SPACE
        aws_secret_access_key = s
        """
    private static let credentials = """
        [both]
        aws_access_key_id=FILEKEY
        aws_secret_access_key=file-secret
        aws_session_token=file-token
        """
    private static let both = AWSCredentials(
        accessKeyID: "FILEKEY", secretAccessKey: "file-secret", sessionToken: "file-token")
    private static let role = CredentialPlan.assumeRole(
        .init(arn: "arn:role", externalID: "outside", duration: 900), source: .keys(both))

    private func profiles(_ name: String?) -> AWSProfiles {
        AWSProfiles(config: Self.config, credentials: Self.credentials, name: name)
    }

    @Test(arguments: [
        ("keys", CredentialPlan.keys(AWSCredentials(accessKeyID: "CONFIGKEY", secretAccessKey: "config-secret"))),
        ("both", .keys(both)),
        ("process", .process(command: "/bin/give \"my credentials\"")),
        ("web", .webIdentity(tokenFile: "/token", role: .init(arn: "arn:web", session: "session"))),
        ("role", role),
        ("chained", .assumeRole(.init(arn: "arn:chained"), source: role)),
        (
            "own",
            .assumeRole(
                .init(arn: "arn:own"),
                source: .keys(AWSCredentials(accessKeyID: "OWN", secretAccessKey: "own-secret")))
        ),
        ("machine", .assumeRole(.init(arn: "arn:machine"), source: .instance)),
        ("container", .assumeRole(.init(arn: "arn:container"), source: .container)),
        ("with space", .keys(AWSCredentials(accessKeyID: "SPACE", secretAccessKey: "s"))),
        ("default", nil),
    ])
    func `a profile's way to credentials`(name: String, expected: CredentialPlan?) throws {
        #expect(try CredentialPlan(profile: name, in: profiles(name)) == expected)
    }

    @Test(arguments: ["circle", "strange", "sourceless", "lost", "mfa", "sso", "absent"])
    func `what cannot be followed is refused with a reason`(name: String) {
        let error = #expect(throws: TransferError.self) { try CredentialPlan(profile: name, in: profiles(name)) }
        #expect(error?.reason == .configuration)
    }

    @Test func `SSO is refused with what to do instead`() {
        let error = #expect(throws: TransferError.self) { try CredentialPlan(profile: "sso", in: profiles("sso")) }
        #expect(error?.description.contains("export-credentials") == true)
    }

    @Test(arguments: [
        ([String: String](), nil, "eu-central-1", nil),
        (["AWS_PROFILE": "both"], nil, "us-east-1", "http://of-the-service:9000"),
        (["AWS_PROFILE": "both", "AWS_ENDPOINT_URL": "http://all"], nil, "us-east-1", "http://all"),
        (
            ["AWS_PROFILE": "both", "AWS_ENDPOINT_URL": "http://all", "AWS_ENDPOINT_URL_S3": "http://s3"], nil,
            "us-east-1", "http://s3"
        ),
        (["AWS_ENDPOINT_URL_S3": "http://s3"], "http://option", "eu-central-1", "http://option"),
        (
            ["AWS_ENDPOINT_URL_S3": "http://s3", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"], nil, "eu-central-1",
            nil
        ),
        (["AWS_REGION": "ap-south-1", "AWS_DEFAULT_REGION": "x"], nil, "ap-south-1", nil),
        (["AWS_DEFAULT_REGION": "ap-south-2", "AWS_REGION": ""], nil, "ap-south-2", nil),
    ])
    func `region and endpoint come from the most specific place`(
        environment: [String: String], option: String?, region: String, endpoint: String?
    ) throws {
        let configuration = StoreConfiguration(environment: environment, endpointURL: option)
        let settings = try S3Settings(configuration, profiles: profiles(environment["AWS_PROFILE"]))
        #expect(settings.region == region)
        #expect(settings.endpointURL == endpoint)
    }

    @Test(arguments: [
        (nil, "bucket", "us-west-2", "https://bucket.s3.us-west-2.amazonaws.com/a%20b"),
        (nil, "dotted.bucket", "us-west-2", "https://s3.us-west-2.amazonaws.com/dotted.bucket/a%20b"),
        (nil, "bucket", "cn-north-1", "https://bucket.s3.cn-north-1.amazonaws.com.cn/a%20b"),
        ("http://host:9000", "bucket", "r", "http://host:9000/bucket/a%20b"),
        ("host", "bucket", "r", "https://host/bucket/a%20b"),
        ("http://host/base/", "bucket", "r", "http://host/base/bucket/a%20b"),
    ])
    func `the address of an object`(endpoint: String?, bucket: String, region: String, expected: String) throws {
        let address = try S3Settings(endpointURL: endpoint).endpoint(bucket: bucket, region: region)
        #expect(address.origin.text + address.path(of: "a b") == expected)
    }

    @Test func `path style where it is asked for, host style too`() throws {
        let path = try S3Settings(pathStyle: true).endpoint(bucket: "b", region: "r")
        #expect(path.origin.text + path.bucketPath == "https://s3.r.amazonaws.com/b")
        let host = try S3Settings(endpointURL: "http://h:1", pathStyle: false).endpoint(bucket: "b", region: "r")
        #expect(host.origin.text + host.bucketPath == "http://b.h:1/")
        #expect(throws: TransferError.self) { try S3Settings(endpointURL: ":").endpoint(bucket: "b", region: "r") }
    }

    @Test(arguments: [
        ("a b  c", ["a", "b", "c"]), ("'a b' \"c d\"", ["a b", "c d"]),
        ("a\\ b \"q\\\"r\" 's\\t'", ["a b", "q\"r", "s\\t"]),
        ("a'b'\"c\"", ["abc"]), ("''", [""]), ("", []), ("'open", nil), ("end\\", nil),
    ])
    func `a command is split into words`(command: String, words: [String]?) {
        #expect(CommandWords.split(command) == words)
    }
}
