import Foundation

/// A real S3 server that checks signatures. One instance serves a whole test process; tests keep apart by buckets.
///
/// Its filer answers plain HTTP beside the S3 port: `put`, `get` and `list` go there, so that tests look at what is
/// stored without the code under test.
package final class SeaweedFS: Sendable {
    /// What an identity may do.
    package struct Identity: Sendable {
        package let accessKey: String
        package let secretKey: String
        let actions: [String]

        /// Keys that the server does not know, or knows with another secret.
        package init(accessKey: String, secretKey: String) {
            self.init(accessKey: accessKey, secretKey: secretKey, actions: [])
        }

        init(accessKey: String, secretKey: String, actions: [String]) {
            self.accessKey = accessKey
            self.secretKey = secretKey
            self.actions = actions
        }

        package static let full = Identity(
            accessKey: "AKIDKPIPEFULL", secretKey: "secret/of+the=full",
            actions: ["Admin", "Read", "Write", "List", "Tagging"])
        package static let reader = Identity(
            accessKey: "AKIDKPIPEREAD", secretKey: "secret-of-the-reader", actions: ["Read", "List"])
    }

    package static let region = "us-east-1"

    /// `http://127.0.0.1:PORT`, to be used with path-style addressing.
    package let endpoint: String
    package let server: ServerProcess
    private let filer: String

    /// The variables that an S3 client reads.
    package func environment(_ identity: Identity = .full) -> [String: String] {
        [
            "AWS_ENDPOINT_URL_S3": endpoint, "AWS_REGION": Self.region, "AWS_ACCESS_KEY_ID": identity.accessKey,
            "AWS_SECRET_ACCESS_KEY": identity.secretKey,
        ]
    }

    /// The one that all tests of this process share; started when first asked for (about 3 s).
    package static func shared() async throws -> SeaweedFS { try await starting.value }
    // Outlives every test on purpose; the guard in `ServerProcess` ends the server with the process.
    private static let starting = Task { try await start() }

    /// One of its own, for a test that stops or kills it.
    package static func start() async throws -> SeaweedFS {
        var tries = 1
        while true {
            do { return try await attempt() } catch {
                // A port may have been taken between the look and the start.
                guard tries < 3 else { throw error }
                tries += 1
            }
        }
    }

    private init(endpoint: String, filer: String, server: ServerProcess) {
        self.endpoint = endpoint
        self.filer = filer
        self.server = server
    }

    private static func attempt() async throws -> SeaweedFS {
        let program = try Tool.seaweedFS.requiredPath()
        let folder = try TemporaryFolder("seaweedfs")
        let names = ["master", "volume", "filer", "s3"]
        let ports = try freePorts(2 * names.count)
        let data = try folder.makeFolder("data")
        let identities = try folder.write(configuration(of: [.full, .reader]), to: "identities.json")
        let portOptions = names.enumerated().flatMap { index, name in
            ["-\(name).port=\(ports[2 * index])", "-\(name).port.grpc=\(ports[2 * index + 1])"]
        }
        // Every service also listens on a socket in /tmp, and leaves it there.
        let sockets = names.enumerated().flatMap { index, name in
            [
                "/tmp/seaweedfs-\(name)-\(ports[2 * index]).sock",
                "/tmp/seaweedfs-\(name)-grpc-\(ports[2 * index + 1]).sock",
            ]
        }
        let server = try ServerProcess(
            program,
            [
                "-logtostderr=true", "server", "-dir=\(data)", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3",
                "-s3.config=\(identities)", "-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false",
                "-master.electionTimeout=1s", "-volume.max=1000", "-master.volumeSizeLimitMB=1024",
                "-volume.minFreeSpacePercent=1",
            ] + portOptions, in: folder,
            // One volume a bucket instead of seven: tests make many buckets.
            environment: ["WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"], litter: sockets)
        let it = SeaweedFS(
            endpoint: "http://127.0.0.1:\(ports[6])", filer: "http://127.0.0.1:\(ports[4])", server: server)
        let s3 = ports[6]
        try await server.whenReady { accepts(s3) }
        // The first write waits until a volume server has joined.
        _ = try await it.makeBucket("warm-up")
        try await eventually("the first write") { try await it.put([1], "probe", in: "warm-up", required: false) }
        return it
    }

    /// Makes a bucket with a name of its own.
    package func makeBucket() async throws -> String {
        try await makeBucket("test-\(UUID().uuidString.lowercased())")
    }

    package func makeBucket(_ name: String) async throws -> String {
        try await curl(["--request", "POST", "\(filer)/buckets/\(name)/"])
        return name
    }

    /// Stores an object behind the S3 interface's back.
    package func put(_ bytes: [UInt8], _ key: String, in bucket: String) async throws {
        try await put(bytes, key, in: bucket, required: true)
    }

    @discardableResult
    private func put(_ bytes: [UInt8], _ key: String, in bucket: String, required: Bool) async throws -> Bool {
        let finished = try await run(
            Tool.curl.requiredPath(),
            Self.curlOptions + ["--upload-file", "-", url(bucket, key)], input: bytes)
        guard finished.status.isSuccess || !required else { throw ProcessError(description: finished.error) }
        return finished.status.isSuccess
    }

    package func get(_ key: String, from bucket: String) async throws -> [UInt8] {
        let child = try ChildProcess(Tool.curl.requiredPath(), Self.curlOptions + [url(bucket, key)])
        guard try await child.wait(atMost: .seconds(60)).isSuccess else {
            throw ProcessError(description: "\(bucket)/\(key): \(child.errorOutput)")
        }
        return child.outputBytes
    }

    /// What the answer to HEAD says.
    package func head(_ key: String, from bucket: String) async throws -> String {
        try await curl(["--head", url(bucket, key)])
    }

    /// The keys in a bucket, sorted.
    package func list(_ bucket: String) async throws -> [String] {
        var keys: [String] = []
        var folders = [""]
        while let folder = folders.popLast() {
            let answer = try await curl([
                "--header", "Accept: application/json", "\(url(bucket, folder))/?limit=100000",
            ])
            for entry in try JSONDecoder().decode(Listing.self, from: Data(answer.utf8)).entries ?? [] {
                let key = String(entry.path.dropFirst("/buckets/\(bucket)/".count))
                if entry.mode & Listing.folderBit == 0 { keys.append(key) } else { folders.append(key) }
            }
        }
        return keys.filter { !$0.hasPrefix(".uploads/") }.sorted()
    }

    private func url(_ bucket: String, _ key: String) -> String {
        let unreserved = CharacterSet(
            charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
        return "\(filer)/buckets/\(bucket)/\(key.addingPercentEncoding(withAllowedCharacters: unreserved) ?? key)"
    }

    @discardableResult
    private func curl(_ arguments: [String]) async throws -> String {
        try await output(Tool.curl.requiredPath(), Self.curlOptions + arguments)
    }

    private static let curlOptions = ["--silent", "--show-error", "--fail", "--path-as-is", "--noproxy", "*"]

    private static func configuration(of identities: [Identity]) throws -> Data {
        try JSONSerialization.data(withJSONObject: [
            "identities": identities.map { identity in
                [
                    "name": identity.accessKey,
                    "credentials": [["accessKey": identity.accessKey, "secretKey": identity.secretKey]],
                    "actions": identity.actions,
                ] as [String: Any]
            }
        ])
    }
}

/// The filer's listing of one folder.
private struct Listing: Decodable {
    struct Entry: Decodable {
        let path: String
        let mode: UInt32
        enum CodingKeys: String, CodingKey {
            case path = "FullPath"
            case mode = "Mode"
        }
    }
    let entries: [Entry]?
    enum CodingKeys: String, CodingKey { case entries = "Entries" }
    /// Go's `os.ModeDir`.
    static let folderBit: UInt32 = 1 << 31
}
