import Foundation
import Synchronization
import TestSupport
import Testing

/// Every documented field of the agent's configuration, in a run that shows that it is heeded: a field that nothing reads has none,
/// and fails.
@Suite(.serialized) struct FieldTests {
    struct Exercise: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// As the schema has them, `inputs[].from` for each entry's.
        let fields: [String]
        let run: @Sendable () async throws -> Void

        init(_ name: String, _ fields: [String], _ run: @escaping @Sendable () async throws -> Void) {
            (testDescription, self.fields, self.run) = (name, fields, run)
        }
    }

    private static func of(_ list: String, _ names: String) -> [String] {
        names.split(separator: " ").map { "\(list).\($0)" }
    }

    static let exercises = places + outputs + reports + limits

    @Test(arguments: exercises) func `it is heeded`(exercise: Exercise) async throws { try await exercise.run() }

    // MARK: - None is without

    private static let schema = Repository.path("docs/schema/agent-config.schema.json")

    /// Paths of all fields that hold a value of their own.
    private static func leaves(_ node: [String: Any], _ path: String = "") -> [String] {
        let inner = (node["items"] as? [String: Any]).flatMap { $0["properties"] as? [String: [String: Any]] }
        if let inner { return inner.flatMap { leaves($1, "\(path)[].\($0)") } }
        guard let properties = node["properties"] as? [String: [String: Any]] else { return [path] }
        return properties.flatMap { leaves($1, path.isEmpty ? $0 : "\(path).\($0)") }
    }

    private static func missing(_ schema: [String: Any]) -> Set<String> {
        Set(leaves(schema)).subtracting(exercises.flatMap(\.fields))
    }

    @Test func `every documented field has a run that shows it`() throws {
        let data = try Data(contentsOf: URL(filePath: Self.schema))
        var schema = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(Self.missing(schema) == [])
        #expect(Set(Self.exercises.flatMap(\.fields)).subtracting(Self.leaves(schema)) == [], "there is no such field")
        // One that is documented and that nobody has tried is found, wherever it stands.
        var properties = try #require(schema["properties"] as? [String: [String: Any]])
        properties["planted"] = ["type": "string"]
        properties["transfer"]?["properties"] = ["planted": ["type": "string"]]
        properties["outputs"]?["items"] = ["properties": ["planted": ["type": "string"]]]
        schema["properties"] = properties
        #expect(Self.missing(schema) == ["planted", "transfer.planted", "outputs[].planted"])
    }

    // MARK: - Places

    private static let shared = "endpoint region profile requesterPays"

    private static let places = [
        Exercise(
            "how S3 is reached, and what it is told",
            of("inputs[]", shared) + of("outputs[]", shared)
                + of("outputs[]", "storageClass encryption kmsKey acl tags contentType metadata")
        ) {
            let stage = try FieldStage(["/bucket/a": Array("a".utf8)])
            defer { stage.stop() }
            let keys = "[other]\naws_access_key_id = OTHER\naws_secret_access_key = secret\n"
            let access = "endpoint: 'URL', region: eu-west-3, profile: other, requesterPays: true"
            let finished = try await stage.run(
                """
                inputs: [{from: 's3://bucket/a', \(access)}]
                outputs:
                - {from: out, to: 's3://bucket/out', \(access), storageClass: STANDARD_IA, encryption: 'aws:kms', kmsKey: key-1,
                   acl: bucket-owner-full-control, tags: {team: red}, contentType: text/x, metadata: {origin: here}}
                """, "cp input/a output/out",
                environment: ["AWS_SHARED_CREDENTIALS_FILE": try stage.folder.write(keys, to: "credentials")])
            #expect(finished.status == .exited(0), "\(finished.error)")
            let get = try #require(stage.requests("GET", "/bucket/a").first)
            let put = try #require(stage.requests("PUT", "/bucket/out").first)
            for request in [get, put] {
                #expect(request["Authorization"]?.contains("Credential=OTHER/") == true)
                #expect(request["Authorization"]?.contains("/eu-west-3/s3/") == true)
                #expect(request["x-amz-request-payer"] == "requester")
            }
            let told = [
                "x-amz-storage-class": "STANDARD_IA", "x-amz-server-side-encryption": "aws:kms",
                "x-amz-server-side-encryption-aws-kms-key-id": "key-1", "x-amz-acl": "bucket-owner-full-control",
                "x-amz-tagging": "team=red", "Content-Type": "text/x", "x-amz-meta-origin": "here",
            ]
            for (name, value) in told { #expect(put[name] == value, "\(name)") }
        },
        Exercise(
            "nothing is signed, and a key of one's own",
            of("inputs[]", "anonymous customerKeyFile") + of("outputs[]", "anonymous customerKeyFile")
        ) {
            let stage = try FieldStage(["/bucket/a": Array("a".utf8)])
            defer { stage.stop() }
            try stage.folder.write([UInt8](repeating: 7, count: 32), to: "key")
            let access = "endpoint: 'URL', anonymous: true"
            let finished = try await stage.run(
                "inputs: [{from: 's3://bucket/a', \(access)}]\noutputs: [{from: out, to: 's3://bucket/out', \(access)}]",
                "cp input/a output/out")
            #expect(finished.status == .exited(0), "\(finished.error)")
            #expect(stage.server.requests.allSatisfy { $0["Authorization"] == nil })
            let key = "endpoint: 'URL', customerKeyFile: FOLDER/key"
            let encrypted = try await stage.run(
                "inputs: [{from: 's3://bucket/a', \(key)}]\noutputs: [{from: out, to: 's3://bucket/out', \(key)}]",
                "cp input/a output/out")
            #expect(encrypted.status == .exited(0), "\(encrypted.error)")
            for (method, path) in [("GET", "/bucket/a"), ("PUT", "/bucket/out")] {
                let request = try #require(stage.requests(method, path).last)
                #expect(request["x-amz-server-side-encryption-customer-algorithm"] == "AES256", "\(method)")
            }
        },
        Exercise(
            "which of AWS's endpoints, and how often",
            of("inputs[]", "fips dualStack") + of("outputs[]", "fips dualStack") + ["transfer.attempts"]
        ) {
            let place = "'s3://bucket/a', region: eu-west-1, fips: true, dualStack: true"
            for entry in ["inputs: [{from: \(place)}]", "outputs: [{from: a, to: \(place)}]"] {
                let stage = try FieldStage { _ in [.respond(503)] }
                defer { stage.stop() }
                let finished = try await stage.run(
                    "transfer: {attempts: 2}\n\(entry)", "echo a > output/a",
                    environment: ["https_proxy": stage.server.url, "no_proxy": "", "NO_PROXY": ""])
                #expect(finished.status != .exited(0))
                let asked = stage.server.requests.map { "\($0.method) \($0.target)" }
                #expect(
                    Set(asked).count == 1 && asked[0].contains("s3-fips.dualstack.eu-west-1.amazonaws.com:443"),
                    "\(asked)")
                #expect(asked.count == 2, "\(asked)")
            }
        },
        Exercise(
            "which inputs, and what becomes of them",
            of("inputs[]", "from to sha256 unpack optional badNames include exclude")
        ) {
            let tar = try TemporaryFolder("tar")
            try tar.write("packed", to: "inside")
            try await output("tar", ["-cf", tar["t.tar"], "-C", tar.path, "inside"])
            let stage = try FieldStage([
                "/bucket/p/a.txt": [65], "/bucket/p/b.txt": [66], "/bucket/p/c.bin": [67], "/bucket/p//x.txt": [68],
                "/t.tar": try tar.read("t.tar"), "/plain": Array("plain".utf8),
            ])
            defer { stage.stop() }
            let digest = "3b8c7a1dd8ccd6bcb5e5cb2ae2a2f5d6b5bd0a6c7ab0b7e7b9f1d6a2a1a1a1a1"
            let configuration = """
                inputs:
                - {from: 's3://bucket/p/', endpoint: 'URL', to: many/, badNames: skip, include: ['*.txt'], exclude: ['b*']}
                - {from: 'URL/t.tar', to: unpacked, unpack: auto}
                - {from: 'URL/absent', optional: true}
                outputs: [{from: list, to: 'URL/list'}]
                """
            let finished = try await stage.run(configuration, "cd input; find . -type f | sort > ../output/list")
            #expect(finished.status == .exited(0), "\(finished.error)")
            let list = try #require(stage.requests("PUT", "/list").first)
            #expect(String(decoding: list.body, as: UTF8.self) == "./many/a.txt\n./unpacked/inside\n")
            let wrong = try await stage.run("inputs: [{from: 'URL/plain', sha256: \(digest)}]")
            #expect(wrong.status == .exited(65) && wrong.error.contains(digest), "\(wrong.error)")
        },
    ]

    // MARK: - Outputs

    private static let outputs = [
        Exercise(
            "which outputs, when and in which order",
            of("outputs[]", "from to when during priority include exclude optional pack") + ["transfer.concurrency"]
        ) {
            let folder = try TemporaryFolder("go")
            let go = folder["go"]
            let stage = try FieldStage { request in
                if request.target == "/c/x" { _ = FileManager.default.createFile(atPath: go, contents: nil) }
                return nil
            }
            defer { stage.stop() }
            let finished = try await stage.run(
                """
                transfer: {concurrency: 1}
                outputs:
                - {from: 'z', to: 'URL/s/last', priority: -1}
                - {from: '*.txt', to: 'URL/s/', include: ['a*'], exclude: ['ab*'], priority: 1}
                - {from: 'z', to: 'URL/s/failed', when: failure}
                - {from: absent, to: 'URL/s/absent', optional: true}
                - {from: 'p/**', to: 'URL/s/packed', pack: tar.gz}
                - {from: 'c/*', to: 'URL/c/', during: continuous}
                """,
                """
                cd output; mkdir p c; echo z > z; echo ab > ab.txt; echo p > p/1; echo p > p/2; echo x > c/x
                for one in 0 1 2 3 4; do for two in 0 1 2 3 4 5 6 7; do echo a > a$one$two.txt; done; done
                tries=0; until [ -e \(go) ] || [ $tries -gt 600 ]; do sleep 0.05; tries=$((tries + 1)); done; [ -e \(go) ]
                """)
            #expect(finished.status == .exited(0), "\(finished.error)")
            let order = stage.order(below: "/s/").filter { !$0.contains("manifest") }
            let first = (0..<40).map { "/s/a\($0 / 8)\($0 % 8).txt" }
            #expect(order.sorted() == (first + ["/s/last", "/s/packed"]).sorted())
            // Of those that are read ahead one may overtake another.
            #expect((order.firstIndex(of: "/s/last") ?? 0) >= 20)
            #expect(stage.requests("PUT", "/s/packed").first?.body.starts(with: [0x1f, 0x8b]) == true)
            #expect(stage.requests("PUT", "/c/x").count == 1)
            #expect(stage.server.connectionCount <= 2, "one exchange at a time")
        },
        Exercise("what transfers may use", ["transfer.memory"]) {
            let open = Peak()
            let objects = Dictionary(uniqueKeysWithValues: (0..<16).map { ("/\($0)", seededBytes(1 << 20)) })
            let stage = try FieldStage(objects) { request in
                guard request.method == "GET" else { return nil }
                open.begin()
                Thread.sleep(forTimeInterval: 0.05)
                open.end()
                return nil
            }
            defer { stage.stop() }
            let inputs = (0..<16).map { "{from: 'URL/\($0)'}" }.joined(separator: ", ")
            let finished = try await stage.run("transfer: {memory: 1MiB}\ninputs: [\(inputs)]")
            #expect(finished.status == .exited(0), "\(finished.error)")
            // Each reads through a quarter of it.
            #expect(open.most <= 4, "\(open.most) at once")
        },
        Exercise("how long they may take", ["transfer.deadline"]) {
            let stage = try FieldStage { $0.method == "HEAD" ? nil : [.stall] }
            defer { stage.stop() }
            let finished = try await stage.run("transfer: {deadline: 1s}\ninputs: [{from: 'URL/slow'}]")
            #expect(finished.status != .exited(0) && finished.error.contains("deadline"), "\(finished.error)")
        },
        Exercise("how slow is no progress", ["transfer.minimumSpeed"]) {
            // Half a minute of it is a stall.
            let stage = try FieldStage { request in
                let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 100000\r\n\r\n"
                guard request.method == "GET" else { return [.send(head)] }
                return [
                    .send(head), .trickle([UInt8](repeating: 1, count: 100_000), piece: 400, every: .milliseconds(400)),
                ]
            }
            defer { stage.stop() }
            let finished = try await stage.run(
                "transfer: {attempts: 1, minimumSpeed: 1MiB}\ninputs: [{from: 'URL/slow'}]")
            #expect(finished.status != .exited(0) && finished.error.contains("slow"), "\(finished.error)")
        },
    ]
}

/// How many were at it at once.
private final class Peak: Sendable {
    private let counts = Mutex((now: 0, most: 0))

    var most: Int { counts.withLock { $0.most } }
    func begin() { counts.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) } }
    func end() { counts.withLock { $0.now -= 1 } }
}
