import Foundation
package import Glibc

/// A server of a test, killed when it is stopped, let go, or when the test process ends in whatever way: a guard (a
/// shell that reads from a pipe whose other end is here) kills the server and removes its folder.
///
/// `PR_SET_PDEATHSIG` would not do: it fires when the *thread* that started the server ends, and pool threads do.
package final class ServerProcess: Sendable {
    package let folder: TemporaryFolder
    private let lifeline: Int32
    private let guardian: pid_t

    /// Starts `program`; what it says goes to `log` in `folder`. `litter` names files that it leaves elsewhere, to be
    /// removed at its end.
    package init(
        _ program: String, _ arguments: [String], in folder: TemporaryFolder, environment: [String: String] = [:],
        litter: [String] = []
    ) throws {
        self.folder = folder
        try folder.write(litter.map { $0 + "\n" }.joined(), to: "litter")
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var launch = LaunchPlan()
        defer { launch.free() }
        launch.duplicate(ends[0], as: 0)
        launch.open(1, folder["log"], O_WRONLY | O_CREAT | O_APPEND)
        launch.duplicate(1, as: 2)
        do {
            guardian = try launch.spawn(
                "/bin/sh", ["-c", Self.guarding, "guard", folder.path, program] + arguments,
                environment: environment.mapValues(Optional.some))
        } catch {
            close(ends[1])
            throw error
        }
        lifeline = ends[1]
    }

    deinit {
        close(lifeline)
        var status: Int32 = 0
        while waitpid(guardian, &status, 0) < 0, errno == EINTR {}
    }

    /// The server's own process, to be stopped or continued by signals. 0 before it has started.
    package var pid: pid_t {
        (try? folder.text("pid")).flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? 0
    }

    package var log: String { (try? folder.text("log")) ?? "" }

    /// Waits until `isReady`. Throws with the server's last words when it has ended or needs longer than `limit`.
    package func whenReady(limit: Duration = .seconds(30), _ isReady: @Sendable () async throws -> Bool) async throws {
        do {
            try await eventually("the server's start", limit: limit) {
                if folder.exists("ended") { throw ProcessError(description: "the server ended") }
                return try await isReady() && pid != 0
            }
        } catch {
            throw ProcessError(description: "\(error)\n\(log.suffix(3000))")
        }
    }

    private static let guarding = """
        folder=$1; shift
        trap '' INT TERM HUP
        exec 3<&0
        "$@" < /dev/null 3<&- &
        server=$!
        echo $server > "$folder/pid"
        { read -r _ <&3; kill -KILL $server; } > /dev/null 2>&1 &
        wait $server
        echo $? > "$folder/ended"
        wait
        xargs -d '\\n' rm -f -- < "$folder/litter"
        rm -rf -- "$folder"
        """
}
