import CLinux
import WorkdirProtocol

/// Runs a `RunMachine`: waits for what may happen, tells it, and does what it decides. One thread, no callbacks.
struct RunLoop {
    let options: RunOptions
    private let arguments: [UnsafeMutablePointer<CChar>]
    let markers: Markers
    private let watch: MarkerWatch
    let signals: SignalSource
    var machine: RunMachine
    var log: RunLog
    var command: CommandProcess?
    var relays: [StreamRelay] = []
    var memoryKills: MemoryKills?
    var sampler: UsageSampler?
    /// When the beginnings of lines that are held go to the log.
    var flushDeadline: Int64?
    var exitCode: Int32 = 0
    var queue = MarkerQueue()
    var hasComplainedOfMarkers = false
    /// When markers that could not be written are tried again.
    var markerRetry: Int64?
    /// When the agent is looked for again, while it is its turn.
    private var agentLook: Int64 = 0

    /// How long the beginning of a line waits for its end, in milliseconds.
    private static let holdTime: Int64 = 200
    /// Milliseconds between two tries to write a marker, and between two looks for the agent.
    static let markerPause: Int64 = 1000
    private static let agentPause: Int64 = 5000
    /// Buffers taken from a stream before signals and markers are looked at again.
    private static let burst = 16

    /// - Parameter command: what `options` names, as it was given.
    init(options: RunOptions, command: [UnsafeMutablePointer<CChar>]) throws(StartFailure) {
        self.options = options
        arguments = command
        let workdir = WorkdirFolder(root: options.workdir)
        markers = Markers(workdir: workdir)
        do throws(SystemError) {
            signals = try SignalSource()
        } catch {
            throw StartFailure(code: ExitCode.software.rawValue, message: error.message)
        }
        _ = clinux_adopt_orphans()
        guard clinux_is_folder(options.workdir) else {
            throw StartFailure(
                code: ExitCode.configuration.rawValue,
                message: "there is no folder \(options.workdir); mount the shared volume there or name it by --workdir")
        }
        try? workdir.makeFolder(WorkdirPath.own)
        try? workdir.makeFolder(WorkdirPath.output)
        markers.reserve()
        watch = MarkerWatch(workdir: workdir)
        let attempt = TryRecord.attempt(after: markers.earlierTry())
        log = RunLog(workdir: workdir, attempt: attempt, timestamps: options.timestamps)
        machine = RunMachine(
            rules: RunRules(noOutputTimeout: options.noOutputTimeout, awaitsOutputs: options.awaitsOutputs),
            attempt: attempt, epoch: markers.snapshot().epoch,
            traceparent: TraceParent.checked(getenv(TraceParent.variable).map { String(cString: $0) }))
    }

    /// The run as a whole.
    /// - Returns: The code to exit with.
    mutating func run() -> Int32 {
        do throws(FileError) {
            try markers.clear()
        } catch {
            complain(error.message)
        }
        perform(machine.begin())
        look()
        while !machine.isFinished { turn() }
        return exitCode
    }

    /// Waits until something happens, and deals with all that has.
    private mutating func turn() {
        var requests = [Self.request(signals.descriptor, POLLIN), Self.request(watch.descriptor, POLLIN)]
        requests += relays.map { relay in
            // A negative descriptor is passed over.
            relay.isBlocked ? Self.request(relay.target, POLLOUT) : Self.request(relay.source, POLLIN)
        }
        let count = poll(&requests, nfds_t(requests.count), timeout(from: Clock.monotonic()))
        if count > 0 {
            // What was printed before the command's end is taken before its end is.
            for index in relays.indices where requests[2 + index].revents != 0 { relay(index) }
            if requests[0].revents != 0 { takeSignals() }
            if requests[1].revents != 0 { watch.drain() }
        }
        if watch.descriptor < 0 || requests[1].revents != 0 { look() }
        takeTimers()
        if let failure = log.takeFailure() { complain("\(failure.message); the command goes on without it") }
    }

    private static func request(_ descriptor: Int32, _ events: Int32) -> pollfd {
        pollfd(fd: descriptor, events: Int16(events), revents: 0)
    }

    /// Milliseconds for poll(2).
    private func timeout(from now: Int64) -> Int32 {
        var deadline = Int64.max
        let agentLook = machine.awaitsAgent ? self.agentLook : nil
        for candidate in [machine.deadline, flushDeadline, sampler?.deadline, markerRetry, agentLook] {
            if let candidate { deadline = min(deadline, candidate) }
        }
        if watch.descriptor < 0 { deadline = min(deadline, now + MarkerWatch.fallbackInterval) }
        return deadline == .max ? -1 : Int32(clamping: max(0, deadline - now))
    }

    private mutating func takeTimers() {
        let now = Clock.monotonic()
        if let due = flushDeadline, now >= due {
            log.flush()
            flushDeadline = nil
        }
        if let due = sampler?.deadline, now >= due { sampler?.sample(now: now) }
        if let due = markerRetry, now >= due { flushMarkers() }
        if machine.awaitsAgent, now >= agentLook {
            agentLook = now + Self.agentPause
            tell(.agent(isPresent: markers.agentIsPresent()))
            lookForFolder()
            // The kernel may grant no watch of the agent's folder, or a volume tell of nothing that the other side does.
            look()
        }
        if let due = machine.deadline, now >= due { tell(.timer) }
    }

    /// Looks at the markers and tells what lies there.
    private mutating func look() {
        watch.renew()
        tell(.markers(markers.snapshot()))
    }

    private mutating func takeSignals() {
        while let signal = signals.next() {
            if signal == SIGCHLD {
                if let end = Descendants.reap(watching: command?.processID) {
                    tell(.ended(end, memoryRanOut: memoryKills?.haveHappened == true))
                }
            } else if !RunSignal.own.contains(signal) {
                tell(.signal(signal))
            }
        }
    }

    /// Passes on what one stream has, within a bound, so that signals and markers have their turn.
    private mutating func relay(_ index: Int) {
        var outcome = StreamRelay.Outcome.idle
        let wasBlocked = relays.contains { $0.isBlocked }
        for _ in 0..<Self.burst {
            outcome = relays[index].step()
            guard case .passed(let count) = outcome else { break }
            log.add(relays[index].passed(count), from: relays[index].stream)
            tell(.output)
        }
        // A stream that nobody takes is closed, so that the command learns of it as it would without us.
        if !relays[index].targetIsOpen, !log.keeps(relays[index].stream) { relays[index].close() }
        let isBlocked = relays.contains { $0.isBlocked }
        if isBlocked != wasBlocked { tell(.blocked(isBlocked)) }
        if log.holdsLine, flushDeadline == nil { flushDeadline = Clock.monotonic() + Self.holdTime }
        if !relays.contains(where: { $0.isOpen }) { tell(.streamsEnded) }
    }
}

extension RunLoop {
    mutating func tell(_ input: RunInput) {
        perform(machine.handle(input, at: Clock.monotonic()))
    }

    mutating func perform(_ effects: [RunEffect]) {
        for effect in effects { perform(effect) }
    }

    private mutating func perform(_ effect: RunEffect) {
        switch effect {
        case .record(let record): write(record.text, to: WorkdirPath.attempt)
        case .state(let state): write("\(state)\n", to: WorkdirPath.state)
        case .done(let attempt): write("\(attempt)\n", to: WorkdirPath.done)
        case .touchHealthy: write("", to: WorkdirPath.healthy)
        case .startCommand: startCommand()
        case .signal(let signal): command?.send(signal)
        case .signalGroup(let signal): command?.sendToGroup(signal)
        case .endDescendants:
            command?.sendToGroup(SIGKILL)
            Descendants.end()
        case .closeStreams: closeStreams()
        case .note(let message): log.add(line: message)
        case .complain(let message): complain(message)
        case .exit(let code): exitCode = code
        }
    }

    mutating func complain(_ message: String) {
        Console.complain(message)
        log.add(line: message)
    }

    private mutating func write(_ text: String, to marker: String) {
        queue.add(text, to: marker)
        flushMarkers()
    }

    mutating func flushMarkers() {
        let markers = markers
        do throws(FileError) {
            try queue.flush { text, path throws(FileError) in try markers.write(text, to: path) }
            markerRetry = nil
        } catch {
            // Once: whatever holds for one marker mostly holds for all.
            if !hasComplainedOfMarkers { complain(error.message) }
            hasComplainedOfMarkers = true
            markerRetry = Clock.monotonic() + Self.markerPause
        }
        lookForFolder()
        tell(.markersWritten(queue.isEmpty))
    }

    private mutating func lookForFolder() {
        tell(.folder(isPresent: clinux_is_folder(markers.workdir.path(WorkdirPath.own))))
    }

    private mutating func startCommand() {
        setenv(EnvironmentName.workdir, Self.absolute(options.workdir), 1)
        memoryKills = MemoryKills()
        do throws(CommandProcess.StartError) {
            let command = try CommandProcess.start(
                arguments, in: options.folder, signalMask: signals.original)
            self.command = command
            relays = [
                StreamRelay(stream: .output, source: command.output, target: STDOUT_FILENO),
                StreamRelay(stream: .error, source: command.error, target: STDERR_FILENO),
            ]
            tell(.started(processID: command.processID))
            sampler = UsageSampler(workdir: markers.workdir, now: Clock.monotonic())
        } catch {
            tell(.notStarted(code: error.code, message: error.message))
        }
    }

    /// The command may go elsewhere and still has to find the workdir.
    private static func absolute(_ path: String) -> String {
        guard path.utf8.first != UInt8(ascii: "/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return "\(String(cString: folder))/\(path)"
    }

    /// Takes what is there without waiting for more, nor for a reader that takes nothing: the log has it all the same.
    private mutating func closeStreams() {
        for index in relays.indices {
            if relays[index].isBlocked { relays[index].giveUpTarget() }
            while case .passed(let count) = relays[index].step() {
                log.add(relays[index].passed(count), from: relays[index].stream)
            }
            relays[index].close()
        }
        command?.returnTerminal()
        command = nil
        sampler?.sample(now: Clock.monotonic())
        sampler = nil
        flushDeadline = nil
        log.finish()
    }
}

/// A run that cannot even begin: what to exit with, and one line that says why.
struct StartFailure: Error {
    var code: Int32
    var message: String
}
