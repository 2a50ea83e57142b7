import TestSupport
import Testing
import WorkdirProtocol

/// A workdir, and the built entrypoint run in it.
struct Step {
    let workdir: TemporaryFolder

    init(ready: Bool = true) throws {
        workdir = try TemporaryFolder("step")
        if ready { try makeReady() }
    }

    func makeReady() throws { try workdir.write("", to: WorkdirPath.ready) }

    /// Starts `run OPTIONS -- COMMAND`.
    func start(_ options: [String] = [], _ command: [String], folder: String? = nil) throws -> ChildProcess {
        try ChildProcess(
            Product.entrypoint.path, ["run", "--workdir", workdir.path] + options + ["--"] + command,
            environment: Self.environment, folder: folder)
    }

    /// The same with a shell's script, to its end.
    func run(
        _ options: [String] = [], sh script: String, _ environment: [String: String?] = [:]
    ) async throws -> Finished {
        try await TestSupport.run(
            Product.entrypoint.path,
            ["run", "--workdir", workdir.path] + options + ["--", "sh", "-c", script],
            environment: Self.environment.merging(environment) { $1 })
    }

    func command(_ arguments: [String]) async throws -> Finished {
        try await TestSupport.run(
            Product.entrypoint.path, arguments + ["--workdir", workdir.path], environment: Self.environment)
    }

    var log: String { (try? workdir.text(WorkdirPath.outputLog)) ?? "" }
    var state: String? { try? workdir.text(WorkdirPath.state) }
    var record: TryRecord? { (try? workdir.read(WorkdirPath.attempt)).flatMap { TryRecord(parsing: $0) } }

    func waitFor(_ phase: TryRecord.Phase) async throws {
        try await eventually("phase \(phase)") { record?.phase == phase }
    }

    /// The test's own surroundings must not decide.
    private static let environment: [String: String?] = [
        "KPIPE_WORKDIR": nil, "KPIPE_AWAIT_OUTPUTS": nil, "KPIPE_TIMESTAMPS": nil,
        "KPIPE_NO_OUTPUT_TIMEOUT": nil, "TRACEPARENT": nil,
    ]
}
