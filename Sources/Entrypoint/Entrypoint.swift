import Basics
import CLinux
import WorkdirProtocol

/// The program: a command line in, an exit code out.
package enum Entrypoint {
    /// - Parameter arguments: As main gets them, the program's own name first.
    static func main(_ arguments: [UnsafeMutablePointer<CChar>]) -> Int32 {
        do throws(UsageError) {
            let words = arguments.dropFirst().map { String(cString: $0) }
            let command = try CommandLineParser.parse(words) { name in
                guard let value = getenv(name), value.pointee != 0 else { return nil }
                return String(cString: value)
            }
            return perform(command, arguments)
        } catch {
            Console.complain("\(error.message)\nTry '\(Console.programName) --help'.")
            return ExitCode.usage.rawValue
        }
    }

    private static func perform(_ command: EntrypointCommand, _ arguments: [UnsafeMutablePointer<CChar>]) -> Int32 {
        StandardStreams.makeComplete()
        switch command {
        // Byte for byte, as it was given: a file's name need not be text.
        case .run(let options): return run(options, arguments.suffix(options.command.count))
        case .hookStarted(let workdir): return MarkerCommands.hookStarted(in: WorkdirFolder(root: workdir))
        case .probe(let kind, let workdir): return MarkerCommands.probe(kind, in: WorkdirFolder(root: workdir))
        case .install(let folder): return Installation.install(into: folder)
        case .help(let topic): Console.print(topic.text)
        case .version: Console.print("\(Console.programName) \(Version.current)\n")
        }
        return ExitCode.ok.rawValue
    }

    private static func run(_ options: RunOptions, _ command: ArraySlice<UnsafeMutablePointer<CChar>>) -> Int32 {
        do throws(StartFailure) {
            var loop = try RunLoop(options: options, command: Array(command))
            return loop.run()
        } catch {
            Console.complain(error.message)
            return error.code
        }
    }
}

/// The C entry point of the static program.
@c(kpipe_entrypoint_main)
package func kpipeEntrypointMain(
    _ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> Int32 {
    Entrypoint.main((0..<Int(count)).compactMap { arguments[$0] })
}

/// The commands that Kubernetes calls in the main container.
enum MarkerCommands {
    /// What an exec probe takes for "no".
    private static let no: Int32 = 1

    /// postStart. Fails when the marker cannot be made; the kubelet then ends the container.
    static func hookStarted(in workdir: WorkdirFolder) -> Int32 {
        do throws(FileError) {
            try workdir.write("", to: WorkdirPath.started)
            return ExitCode.ok.rawValue
        } catch {
            Console.complain(error.message)
            return ExitCode.inputOutput.rawValue
        }
    }

    /// `healthy` is taken away: the next probe finds it only if somebody has made it again.
    static func probe(_ kind: ProbeKind, in workdir: WorkdirFolder) -> Int32 {
        guard kind == .healthy else {
            // Startup is over as well when it is known that the inputs never will be there.
            let isSo = workdir.exists(kind.name) || kind == .ready && workdir.exists(WorkdirPath.failed)
            return isSo ? ExitCode.ok.rawValue : no
        }
        do throws(FileError) {
            return try workdir.remove(kind.name) ? ExitCode.ok.rawValue : no
        } catch {
            Console.complain(error.message)
            return no
        }
    }
}
