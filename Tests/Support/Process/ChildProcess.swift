import Foundation
package import Glibc
import Synchronization

/// A program started by a test, in a process group of its own. Its output goes to files, so that no amount of it can
/// block either side. Whoever starts one ends it: `finish()` or `kill(group: true)` in a `defer`.
package final class ChildProcess: Sendable {
    package let pid: pid_t
    private let files: TemporaryFolder
    private let ended: Ended

    /// - Parameters:
    ///   - program: a path, or a name to be looked up on the `PATH`.
    ///   - environment: added to the test's own; a `nil` value takes a variable away.
    ///   - input: becomes the standard input; nothing by default.
    package init(
        _ program: String, _ arguments: [String] = [], environment: [String: String?] = [:],
        folder: String? = nil, input: [UInt8] = []
    ) throws {
        files = try TemporaryFolder("process")
        try files.write(input, to: "in")
        var launch = LaunchPlan()
        defer { launch.free() }
        if let folder { launch.changeFolder(folder) }
        launch.open(0, files["in"], O_RDONLY)
        launch.open(1, files["out"], O_WRONLY | O_CREAT | O_APPEND)
        launch.open(2, files["err"], O_WRONLY | O_CREAT | O_APPEND)
        let pid = try launch.spawn(program, arguments, environment: environment)
        self.pid = pid
        ended = Ended()
        // Waiting blocks, so it gets a thread of its own and not one of the concurrency pool's.
        Thread.detachNewThread { [ended] in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            ended.set(ExitStatus(wait: status))
        }
    }

    /// What the program has written so far.
    package var output: String { (try? files.text("out")) ?? "" }
    package var errorOutput: String { (try? files.text("err")) ?? "" }
    package var outputBytes: [UInt8] { (try? files.read("out")) ?? [] }

    /// `nil` while it runs.
    package var status: ExitStatus? { ended.value }

    /// The most memory that it has had at once so far, in bytes; `nil` once it has ended.
    package var peakMemory: Int? {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 << 10 }
    }

    /// Waits for the end. A cancelled task does not wait, and leaves the process to its owner.
    package func wait() async throws -> ExitStatus { try await ended.wait() }

    /// Waits for the end at most `limit`, then kills the whole group and throws what was written until then.
    @discardableResult
    package func wait(atMost limit: Duration) async throws -> ExitStatus {
        try await withThrowingTaskGroup(of: ExitStatus?.self) { group in
            group.addTask { try await self.wait() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            if let status = try await group.next() ?? nil { return status }
            kill(SIGKILL, group: true)
            throw ProcessError(
                description: "process \(pid) did not end within \(limit)\n\(output.suffix(2000))\n"
                    + "\(errorOutput.suffix(2000))")
        }
    }

    /// Sends a signal to the process, or to all that it started too. Without effect once the process has ended.
    package func kill(_ signal: Int32 = SIGKILL, group: Bool = false) {
        guard status == nil || group else { return }
        _ = Glibc.kill(group ? -pid : pid, signal)
    }

    /// Kills the process and everything in its group, and waits until it is gone.
    package func finish() async {
        kill(SIGKILL, group: true)
        _ = try? await wait()
    }
}

package struct ProcessError: Error, CustomStringConvertible {
    package let description: String

    package init(description: String) { self.description = description }
}

/// Set once; wakes all who wait.
private final class Ended: Sendable {
    private struct State {
        var status: ExitStatus?
        var waiting: [Int: CheckedContinuation<ExitStatus, any Error>] = [:]
        var cancelled: Set<Int> = []
        var next = 0
    }

    private let state = Mutex(State())

    var value: ExitStatus? { state.withLock { $0.status } }

    func set(_ status: ExitStatus) {
        let waiting = state.withLock { state in
            state.status = status
            defer { state.waiting = [:] }
            return state.waiting.values.map { $0 }
        }
        for one in waiting { one.resume(returning: status) }
    }

    func wait() async throws -> ExitStatus {
        let number = state.withLock { state in
            state.next += 1
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let now = state.withLock { state -> Result<ExitStatus, any Error>? in
                    if let status = state.status { return .success(status) }
                    if state.cancelled.remove(number) != nil { return .failure(CancellationError()) }
                    state.waiting[number] = continuation
                    return nil
                }
                if let now { continuation.resume(with: now) }
            }
        } onCancel: {
            let waiting = state.withLock { state in
                guard let waiting = state.waiting.removeValue(forKey: number) else {
                    state.cancelled.insert(number)
                    return CheckedContinuation<ExitStatus, any Error>?.none
                }
                return waiting
            }
            waiting?.resume(throwing: CancellationError())
        }
    }
}
