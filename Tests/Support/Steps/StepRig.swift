import Foundation
import Glibc

/// A step as in a pod: a workdir, the agent's process, and main wrapped in the entrypoint's.
package final class StepRig: Sendable {
    package let backend: StepBackend
    package let folder: TemporaryFolder
    package let workdir: String
    /// Whose pod this is.
    package let pod: String

    package init(_ backend: StepBackend, configuration: String? = nil, pod: String = UUID().uuidString) throws {
        self.backend = backend
        self.pod = pod
        folder = try TemporaryFolder("step")
        workdir = try folder.makeFolder("workdir")
        try folder.write(configuration ?? Self.configuration(backend), to: "step.yaml")
    }

    /// All of the backend's inputs, all outputs, all reports.
    package static func configuration(_ backend: StepBackend) -> String {
        let inputs = backend.inputs.keys.sorted().map { "- {from: '\(backend.place("in/\($0)"))', to: '\($0)'}" }
        return """
            inputs:\(inputs.isEmpty ? " []" : "")
            \(inputs.joined(separator: "\n"))
            outputs:
            - {from: '**', to: '\(backend.place("out/"))'}
            state:
            - {to: '\(backend.url)/state'}
            """
    }

    /// - Parameter user: runs it as this user; only for tests that run as root.
    package func agent(
        _ arguments: [String] = [], environment: [String: String?] = [:], pod: String? = nil, user: Int? = nil
    ) throws -> ChildProcess {
        let own: [String: String?] = [
            "KPIPE_POD_UID": pod ?? self.pod, "KPIPE_POD_NAME": "step-1", "KPIPE_POD_NAMESPACE": "tests",
            "KPIPE_RESTART_POLICY": nil, "KPIPE_CONFIG": nil,
        ]
        let program = try Product.sidecar.path
        let all = ["agent", "--config", folder["step.yaml"], "--workdir", workdir, "--port", "0"] + arguments
        let prefix = user.map { ["--reuid", "\($0)", "--regid", "\($0)", "--clear-groups", program] } ?? []
        return try ChildProcess(
            user == nil ? program : "setpriv", prefix + all,
            environment: own.merging(backend.environment.mapValues(Optional.some)) { $1 }.merging(environment) { $1 })
    }

    /// Main as the kubelet starts it.
    package func main(
        _ script: String, entrypoint: String? = nil, in limit: MemoryLimit? = nil, environment: [String: String?] = [:]
    ) throws -> ChildProcess {
        let command = [try entrypoint ?? Product.entrypoint.path, "run", "--await-outputs", "--", "sh", "-c", script]
        let joining = limit.map { ["sh", "-c", "echo $$ > '\($0.processes)' && exec \"$@\"", "sh"] } ?? []
        let all = joining + command
        return try ChildProcess(
            all[0], Array(all.dropFirst()),
            environment: ["KPIPE_WORKDIR": workdir].merging(environment) { $1 }, folder: workdir)
    }

    /// The step's end as in a pod: main ends well, the terminal report comes, the sidecar is asked to leave.
    package func finish(_ agent: ChildProcess, _ main: ChildProcess) async throws {
        guard try await main.wait(atMost: .seconds(30)) == .exited(0) else {
            throw RigError(description: "main: \(main.status.map { "\($0)" } ?? "") \(main.errorOutput)")
        }
        try await waitUntilUp(agent)
        agent.kill(SIGTERM)
        guard try await agent.wait(atMost: .seconds(30)) == .exited(0) else {
            throw RigError(description: "agent: \(agent.status.map { "\($0)" } ?? "") \(agent.errorOutput)")
        }
    }

    /// Main's own words, as a program without our entrypoint writes them.
    package func write(_ marker: String, _ text: String = "") throws {
        let temporary = "\(workdir)/.test-\(marker.replacing("/", with: "-"))"
        try Data(text.utf8).write(to: URL(filePath: temporary))
        rename(temporary, "\(workdir)/\(marker)")
    }

    package func exists(_ name: String) -> Bool { folder.exists("workdir/\(name)") }

    package func text(_ name: String) -> String? { try? folder.text("workdir/\(name)") }

    package func waitFor(_ name: String) async throws {
        try await eventually("\(name) in the workdir") { exists(name) }
    }

    /// Waits until an agent has taken the volume and can be asked to leave.
    package func waitUntilUp(_ agent: ChildProcess) async throws {
        try await eventually("an agent at work") { agent.errorOutput.contains("volume taken") }
    }

    /// Waits until the backend was told of `state`.
    package func waitFor(state: String, terminal: Bool = false) async throws {
        do {
            try await eventually("the report \(state)") {
                backend.reports.contains { $0.state == state && $0.terminal == terminal }
            }
        } catch {
            throw RigError(description: "\(error); reported so far: \(backend.states)")
        }
    }

    /// What the agent's journal says is verified or stored.
    package struct Journal {
        /// Paths of inputs.
        package var fetched: Set<String> = []
        /// URLs of outputs.
        package var stored: Set<String> = []
    }

    package func journal() -> Journal {
        var found = Journal()
        guard let text = text(".kpipe/journal") else { return found }
        // The last piece is empty, or a line that a kill has torn.
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            guard let record = try? JSONSerialization.jsonObject(with: Data(line.dropFirst(9).utf8)) as? [String: Any]
            else { continue }
            for (kind, value) in record {
                guard let content = (value as? [String: Any])?["_0"] as? [String: Any] else { continue }
                if kind == "fetched", let path = content["path"] as? String { found.fetched.insert(path) }
                if kind == "stored", let url = content["url"] as? String { found.stored.insert(url) }
            }
        }
        return found
    }
}

package struct RigError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}
