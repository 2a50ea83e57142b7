import Foundation
import TestSupport

/// A step that is told one thing or another in its configuration, and a server that keeps what it is asked.
///
/// In a configuration `URL` stands for the server, `FOLDER` for a folder of the step's own.
final class FieldStage: Sendable {
    typealias Steps = [ScriptedHTTPServer.Step]

    let folder: TemporaryFolder
    let server: ScriptedHTTPServer

    /// - Parameter objects: what is there to read, by path.
    init(
        _ objects: [String: [UInt8]] = [:],
        _ instead: @escaping @Sendable (ServedStore.Request) -> Steps? = { _ in nil }
    )
        throws
    {
        folder = try TemporaryFolder("fields")
        server = try ScriptedHTTPServer { request in
            if let steps = instead(request) { return steps }
            let path = String(request.target.prefix { $0 != "?" })
            switch request.method {
            case "GET" where request.target.contains("list-type="): return [.ok(Self.listing(objects))]
            case "GET", "HEAD":
                guard let bytes = objects[path] else { return [.respond(404)] }
                return ScriptedAnswer(
                    200, headers: ["ETag: \"1\""], request.method == "HEAD" ? [] : bytes, length: bytes.count
                ).steps
            case "PUT": return [.respond(200, headers: ["ETag: \"1\""])]
            default: return [.respond(204)]
            }
        }
    }

    private static func listing(_ objects: [String: [UInt8]]) -> String {
        let entries = objects.sorted { $0.key < $1.key }.map {
            "<Contents><Key>\($0.key.dropFirst("/bucket/".count))</Key><ETag>&quot;1&quot;</ETag><Size>\($0.value.count)</Size></Contents>"
        }
        return "<ListBucketResult><IsTruncated>false</IsTruncated>\(entries.joined())</ListBucketResult>"
    }

    func stop() { server.stop() }

    private func write(_ configuration: String) throws -> String {
        try folder.write(
            configuration.replacing("URL", with: server.url).replacing("FOLDER", with: folder.path), to: "step.yaml")
    }

    private static let keys: [String: String?] = [
        "no_proxy": "127.0.0.1,localhost", "AWS_ACCESS_KEY_ID": "OWN", "AWS_SECRET_ACCESS_KEY": "S",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null", "KPIPE_POD_UID": "uid-7", "KPIPE_POD_NAME": "fields",
        "KPIPE_POD_NAMESPACE": "tests",
    ]

    /// `kpipe-sidecar run`, to its end.
    @discardableResult
    func run(_ configuration: String, _ script: String = "true", environment: [String: String?] = [:]) async throws
        -> Finished
    {
        try await TestSupport.run(
            Product.sidecar.path,
            ["run", "--config", try write(configuration), "--workdir", folder["workdir"], "--", "sh", "-ec", script],
            environment: Self.keys.merging(environment) { $1 }, limit: .seconds(120))
    }

    /// The agent alone, told nothing but by its configuration.
    func agent(_ configuration: String) throws -> ChildProcess {
        try ChildProcess(
            Product.sidecar.path, ["agent", "--config", try write(configuration)], environment: Self.keys)
    }

    func main(_ script: String, workdir: String) throws -> ChildProcess {
        try ChildProcess(
            Product.entrypoint.path, ["run", "--workdir", workdir, "--await-outputs", "--", "sh", "-ec", script],
            folder: workdir)
    }

    /// Requests so far whose method and path are these.
    func requests(_ method: String, _ path: String) -> [ServedStore.Request] {
        server.requests.filter { $0.method == method && $0.target.prefix { $0 != "?" } == path }
    }

    /// `METHOD path` of all so far that are about `path`.
    func order(below path: String) -> [String] {
        server.requests.map(\.target).filter { $0.hasPrefix(path) }
    }
}
