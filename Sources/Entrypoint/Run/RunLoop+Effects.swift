import CLinux
import WorkdirProtocol

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
        do throws(FileError) {
            try markers.workdir.write(text, to: marker)
        } catch {
            // Once: whatever holds for one marker mostly holds for all.
            if !hasComplainedOfMarkers { complain(error.message) }
            hasComplainedOfMarkers = true
        }
    }

    private mutating func startCommand() {
        setenv(EnvironmentName.workdir, Self.absolute(options.workdir), 1)
        memoryKills = MemoryKills()
        do throws(CommandProcess.StartError) {
            let command = try CommandProcess.start(
                options.command, in: options.folder, signalMask: signals.original)
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

    /// Takes what is there without waiting for more.
    private mutating func closeStreams() {
        for index in relays.indices {
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
