import Glibc
import TestSupport
import Testing

/// What the agent holds in memory, beside a main container of the same user that sees its processes.
@Suite struct AgentMemoryTests {
    /// Starts a program with a secret in its environment, waits until it has said that it is there, and tries to read that.
    private static let thief = """
        "$@" > /dev/null 2>&1 &
        agent=$!
        tries=0
        while [ ! -e "$FOLDER/ready" ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
        grep -qa stolen "/proc/$agent/environ" && echo readable
        [ -e "$FOLDER/ready" ] && echo ready
        kill $agent
        wait $agent
        """

    @Test(.requiresNobody(toRun: .sidecar), arguments: [("agent", "ready\n"), ("other", "readable\nready\n")])
    func `nobody of the same user reads it`(who: String, seen: String) async throws {
        let folder = try TemporaryFolder("memory")
        #expect(chmod(folder.path, 0o777) == 0)
        let program =
            who == "agent"
            ? [try Product.sidecar.path, "agent", "--workdir", folder.path, "--port", "0"]
            : ["sh", "-c", "touch \"$FOLDER/ready\"; sleep 10"]
        let finished = try await Nobody.run(
            "sh", ["-c", Self.thief, "sh"] + program,
            environment: ["SECRET": "stolen", "FOLDER": folder.path, "KPIPE_CONFIG": "{}"])
        #expect(finished.output == seen, "\(finished.error)")
    }
}
