import Foundation
import TestSupport

/// The API server's process of a real cluster on this machine.
struct LabServer {
    private let node: LabNode
    private let pidFile: String
    private let log: String

    init(_ node: LabNode) throws {
        guard let home = Lab.home else { throw ProcessError(description: "there is no LAB_HOME") }
        self.node = node
        pidFile = "\(home)/apiserver.pid"
        log = "\(home)/apiserver.log"
    }

    /// Kills it, and starts another with the same arguments, which outlives this test.
    func restart() async throws {
        let script = """
            pid=$(cat "$0")
            mapfile -d '' -t command < "/proc/$pid/cmdline"
            program=$(readlink "/proc/$pid/exe")
            cd "/proc/$pid/cwd"
            nice=$(ps -o ni= -p "$pid")
            kill -KILL "$pid"
            while kill -0 "$pid" 2> /dev/null; do sleep 0.1; done
            setsid nice -n "$((nice - $(nice)))" "$program" "${command[@]:1}" >> "$1" 2>&1 < /dev/null &
            echo $! > "$0"
            """
        try await output("bash", ["-c", script, pidFile, log])
        try await eventually("the API server", limit: .seconds(120)) {
            (try? await node.kubectl(["get", "--raw", "/readyz"])) == "ok"
        }
    }
}
