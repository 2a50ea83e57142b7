import Basics
import CLinux
import WorkdirProtocol

/// The program: a command line in, an exit code out.
package enum Entrypoint {
    /// - Parameter arguments: As main gets them, the program's own name first.
    package static func main(_ arguments: [String]) -> Int32 {
        do throws(UsageError) {
            let command = try CommandLineParser.parse(Array(arguments.dropFirst())) { name in
                guard let value = getenv(name), value.pointee != 0 else { return nil }
                return String(cString: value)
            }
            return perform(command)
        } catch {
            Console.complain("\(error.message)\nTry '\(Console.programName) --help'.")
            return ExitCode.usage.rawValue
        }
    }

    private static func perform(_ command: EntrypointCommand) -> Int32 {
        StandardStreams.makeComplete()
        switch command {
        case .run(let options): return run(options)
        case .hookStarted(let workdir): return MarkerCommands.hookStarted(in: WorkdirFolder(root: workdir))
        case .probe(let kind, let workdir): return MarkerCommands.probe(kind, in: WorkdirFolder(root: workdir))
        case .install(let folder): return Installation.install(into: folder)
        case .help(let topic): Console.print(topic.text)
        case .version: Console.print("\(Console.programName) \(Version.current)\n")
        }
        return ExitCode.ok.rawValue
    }

    private static func run(_ options: RunOptions) -> Int32 {
        do throws(StartFailure) {
            var loop = try RunLoop(options: options)
            return loop.run()
        } catch {
            Console.complain(error.message)
            return error.code
        }
    }
}
