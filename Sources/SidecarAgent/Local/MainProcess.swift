import Basics
import CLinux
import Dispatch
import Glibc
import Synchronization
import WorkdirProtocol

/// The entrypoint with the step's command, as a child of this process.
package final class MainProcess: Sendable {
    package let processID: Int32
    private let exit = Mutex<ReadSource?>(nil)

    /// Starts `entrypoint run -- command` with the workdir as its current folder. Signals are as a shell would leave
    /// them, and the child stays in our process group, so that a terminal reaches it too.
    ///
    /// - Parameter environment: the command's own, to which `KPIPE_WORKDIR` is added.
    package init(
        entrypoint: String, command: [String], workdir: String, environment: [String: String]
    ) throws(VolumeError) {
        var start = ProcessStart(
            [entrypoint, "run", "--workdir", workdir, "--await-outputs", "--"] + command,
            environment: environment.map { "\($0)=\($1)" } + ["KPIPE_WORKDIR=\(workdir)"])
        start.folder = workdir
        do throws(ProcessStart.Failure) { processID = try start.start() } catch {
            throw VolumeError(.software, "cannot start \(entrypoint): \(error)")
        }
    }

    package func send(_ signal: Int32) { kill(processID, signal) }

    /// Waits for the end; 128 + n for a signal. To be called once; not cancelled, because a child must be reaped.
    package func wait() async -> Int32 {
        let descriptor = clinux_pidfd_open(processID)
        guard descriptor >= 0 else { return reap() }
        await withCheckedContinuation { continuation in
            let once = Mutex<CheckedContinuation<Void, Never>?>(continuation)
            let source = ReadSource(descriptor, on: DispatchQueue(label: "main")) {
                once.withLock { waiting in
                    waiting?.resume()
                    waiting = nil
                }
            }
            exit.withLock { $0 = source }
        }
        exit.withLock { $0 = nil }
        return reap()
    }

    private func reap() -> Int32 {
        let end = ProcessStart.reap(processID)
        return end.signal == 0 ? end.code : 128 + end.signal
    }
}
