import Basics
import CLinux
import Dispatch
import Glibc
import Synchronization
import WorkdirProtocol

/// A step on this machine: the agent in this process, the entrypoint with the command as a child. The same programs
/// and the same protocol as in a pod, without a cluster.
package struct LocalStep: Sendable {
    let agent: SidecarAgent
    let main: MainProcess
    let sinks: [any ReportSink]

    package init(agent: SidecarAgent, main: MainProcess, reportingTo sinks: [any ReportSink]) {
        self.agent = agent
        self.main = main
        self.sinks = sinks
    }

    /// Runs to the end.
    ///
    /// - Parameter signals: what this process is asked by signal; passed on to the command.
    /// - Returns: the command's exit code; where that is 0, the code of an input's or output's failure.
    package func run(signals: some AsyncSequence<Int32, Never> & Sendable) async -> Int32 {
        await withTaskGroup(of: Int32?.self) { group in
            group.addTask {
                await agent.run(reportingTo: sinks)
                return nil
            }
            group.addTask {
                let code = await main.wait()
                // As the kubelet tells a native sidecar that main has ended.
                agent.terminate()
                return code
            }
            group.addTask {
                await forward(signals)
                return nil
            }
            var code: Int32 = 0
            // The agent and main end by themselves, the signals never do.
            for _ in 0..<2 { if let ended = await group.next() ?? nil { code = ended } }
            group.cancelAll()
            return code != 0 ? code : outcome?.cause?.exitCode ?? 0
        }
    }

    /// How the step ended, once it has.
    package var outcome: StepOutcome? {
        if case .leaving(let outcome) = agent.status.current.phase { outcome } else { nil }
    }

    /// The first is the command's alone; a second one gives the uploads no more than the grace.
    private func forward(_ signals: some AsyncSequence<Int32, Never>) async {
        var count = 0
        for await signal in signals {
            count += 1
            // A terminal's Ctrl-C has reached the whole group already.
            let isFromTerminal = signal == SIGINT && tcgetpgrp(STDIN_FILENO) == getpgrp()
            if !isFromTerminal { main.send(signal) }
            if count == 2 { agent.terminate() }
            if count > 2 { main.send(SIGKILL) }
        }
    }
}

/// The workdir of a step that runs on this machine.
package struct LocalWorkdir: Sendable {
    /// Absolute, without links.
    package let path: String
    /// For the agent's memory, out of the way of the command.
    package let state: String
    package let isTemporary: Bool

    /// `given` is made where it is missing; without one a temporary folder is.
    package init(_ given: String?, temporaryFolder: String) throws(VolumeError) {
        let made: String
        if let given {
            guard mkdir(given, 0o777) == 0 || errno == EEXIST else { throw .last("make the workdir", given) }
            made = given
        } else {
            made = try Self.temporary("run", in: temporaryFolder)
        }
        state = try Self.temporary("state", in: temporaryFolder)
        guard let resolved = realpath(made, nil) else { throw .last("find the workdir", made) }
        defer { free(resolved) }
        path = String(cString: resolved)
        isTemporary = given == nil
    }

    /// Main has left something in `output/`.
    package var hasOutputs: Bool {
        (try? FolderHandle(path: path).folder(WorkdirPath.output).names().isEmpty) == false
    }

    /// A new file; one that is there, or a link, is replaced.
    package static func write(_ bytes: [UInt8], to path: String) throws(VolumeError) {
        let slash = path.lastIndex(of: "/") ?? path.startIndex
        let name = String(path[path.index(after: slash)...])
        try FolderHandle(path: String(path[..<slash])).replace(name, with: bytes)
    }

    private static func temporary(_ name: String, in folder: String) throws(VolumeError) -> String {
        var template = Array("\(folder)/kpipe-\(name).XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw .last("make a folder in", folder) }
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Removes a temporary workdir. A given one stays.
    package func removeIfTemporary() { if isTemporary { Self.remove(path) } }

    package func removeState() { Self.remove(state) }

    private static func remove(_ path: String) {
        guard let slash = path.lastIndex(of: "/") else { return }
        // Whatever cannot be removed stays: the step itself is over.
        try? FolderHandle(path: String(path[..<slash])).remove(String(path[path.index(after: slash)...]))
    }
}

/// The entrypoint with the step's command, as a child of this process.
package final class MainProcess: Sendable {
    let processID: Int32
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

    func send(_ signal: Int32) { kill(processID, signal) }

    /// Waits for the end; 128 + n for a signal. To be called once; not cancelled, because a child must be reaped.
    func wait() async -> Int32 {
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
