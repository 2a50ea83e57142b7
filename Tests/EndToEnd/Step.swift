import Foundation
import TestSupport

/// `kpipe-sidecar run` against real servers: its configuration, its workdir, and a backend that takes its reports.
struct Step {
    let store: SeaweedFS
    let bucket: String
    let folder: TemporaryFolder
    let backend: ScriptedHTTPServer

    init() async throws {
        store = try await SeaweedFS.shared()
        bucket = try await store.makeBucket()
        folder = try TemporaryFolder("step")
        backend = try ScriptedHTTPServer { _ in [.respond(204)] }
    }

    var workdir: String { folder["workdir"] }
    func s3(_ key: String) -> String { "s3://\(bucket)/\(key)" }

    /// - Parameter configuration: `inputs` and `outputs`; reports go to the backend.
    func run(
        _ configuration: String, _ command: [String], identity: SeaweedFS.Identity = .full,
        environment: [String: String?] = [:]
    ) async throws -> Finished {
        let file = try folder.write(configuration + "\nstate: [{to: '\(backend.url)/state'}]\n", to: "step.yaml")
        let variables = store.environment(identity).mapValues(Optional.some)
            .merging(["KPIPE_POD_NAME": "words-7", "KPIPE_POD_NAMESPACE": "demo", "KPIPE_POD_UID": "uid-7"]) { $1 }
            .merging(environment) { $1 }
        return try await TestSupport.run(
            Product.sidecar.path, ["run", "--config", file, "--workdir", workdir, "--"] + command,
            environment: variables)
    }

    func sh(_ configuration: String, _ script: String, identity: SeaweedFS.Identity = .full) async throws -> Finished {
        try await run(configuration, ["sh", "-ec", script], identity: identity)
    }

    /// The events that the backend took, each once, in the order they came.
    var events: [Event] {
        get throws {
            var seen: Set<String> = []
            return try backend.requests.map { try JSONDecoder().decode(Event.self, from: Data($0.body)) }
                .filter { seen.insert($0.id).inserted }
        }
    }

    struct Event: Decodable {
        struct Change: Decodable {
            let state: String
            let previous: String
            let terminal: Bool
            let reason: String?
            let message: String?
            let exitCode: Int?
            let sequence: Int
        }
        let specversion: String
        let type: String
        let source: String
        let id: String
        let data: Change
    }

    /// What the manifest under `prefix` lists.
    func manifest(_ prefix: String) async throws -> Manifest {
        let bytes = try await store.get("\(prefix)kpipe-manifest.json", from: bucket)
        return try JSONDecoder().decode(Manifest.self, from: Data(bytes))
    }

    struct Manifest: Decodable {
        struct File: Decodable {
            let path: String
            let url: String
            let size: Int
            let sha256: String?
        }
        let files: [File]
    }
}
