import ArgumentParser
import Basics
import ConfigSchema
import Glibc
import Logging
import OperatorConfiguration
import Report
import SidecarAgent
import Synchronization
import Terminator
import UnixSignals
import WorkdirProtocol

#if canImport(FoundationStandIn)
    // For the linker alone: docs/decisions/no-full-foundation.md.
    import FoundationStandIn
#endif

@main
struct KpipeSidecar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: commandName(for: CommandLine.arguments.first ?? ""),
        abstract: "Runs a step's inputs, outputs and states beside its program.",
        discussion: """
            EXAMPLES
              The same step as in a pod, on this machine:
                kpipe-sidecar run --config step.yaml -- sort -o output/sorted input/words

              Beside a main container that shares the volume /workdir:
                kpipe-sidecar agent --config /etc/kpipe/step.yaml

              Copy many objects at once:
                kpipe-sidecar cp 's3://bucket/run-7/part-*.parquet' parts/

            EXIT CODES
              0  done                            70  our own defect
              64 usage                           74  input/output
              65 bad data (checksum, archive)    75  temporary: retries used up
              66 an input is missing             77  permission
                                                 78  configuration
            """,
        version: Version.current,
        subcommands: [
            AgentCommand.self, RunCommand.self, CopyCommand.self, VerifyCommand.self, ReportCommand.self,
            ProbeCommand.self, RenderCommand.self, TerminatorCommand.self, WebhookCommand.self, NodeAgentCommand.self,
            DiagnoseCommand.self, SchemaCommand.self,
        ])

    /// kubectl finds its plugins by their files' names, and calls `kubectl-kpipe` for `kubectl kpipe`.
    static func commandName(for program: String) -> String {
        program.split(separator: "/").last == "kubectl-kpipe" ? "kubectl kpipe" : "kpipe-sidecar"
    }

    /// As the library's own `main`, but an error that knows its exit code ends with it.
    static func main() async {
        ProgramStreams.occupy()
        var diagnostics = Diagnostics()
        do {
            var command = try parseAsRoot()
            if let command = command as? any LoggedCommand {
                diagnostics = command.diagnostics
                diagnostics.bootstrap()
            }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            leave(0)
        } catch let failure as CommandFailure {
            end(failure, diagnostics)
        } catch let error as ConfigurationError {
            end(CommandFailure(.configuration, error.description), diagnostics)
        } catch let error as VolumeError {
            end(CommandFailure(error.exitCode, error.message), diagnostics)
        } catch {
            // What `exit(withError:)` of the library says, and its code.
            let (text, code) = (fullMessage(for: error), exitCode(for: error))
            guard code == .success else {
                if !text.isEmpty { Diagnostics.write("\(text)\n") }
                leave(code.rawValue)
            }
            do { try StandardOutput.write(text.isEmpty ? "" : "\(text)\n") } catch { end(error, diagnostics) }
            leave(0)
        }
    }

    /// Whatever the level: a command never fails without a word.
    private static func end(_ failure: CommandFailure, _ diagnostics: Diagnostics) -> Never {
        diagnostics.say(failure.message, max(.error, diagnostics.level))
        leave(failure.status)
    }

    /// Without the libraries' own farewell: the thread of the HTTP connections may still run, and what libcurl's libraries free
    /// when a process ends would be freed beneath it.
    private static func leave(_ status: Int32) -> Never {
        fflush(nil)
        _exit(status)
    }
}

/// Prints the JSON Schemas that are checked in under `docs/schema`.
struct SchemaCommand: ParsableCommand, LoggedCommand {
    enum Document: String, ExpressibleByArgument, CaseIterable {
        case agent, terminator, report
    }

    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of a configuration, or of a report.",
        discussion: """
            EXAMPLES
              kpipe-sidecar schema agent > docs/schema/agent-config.schema.json
            """)

    @Argument(help: "Which: \(Document.allCases.map(\.rawValue).joined(separator: ", ")).")
    var document: Document

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let text =
            switch document {
            case .agent: AgentConfigurationSchema.text
            case .report: StepRecord.schemaText
            case .terminator: TerminatorConfigurationSchema.text
            }
        try StandardOutput.write(text)
    }
}

/// Runs `body`; SIGINT, SIGTERM or SIGHUP cancels it, so that it can clean up. A second one ends the process at once.
///
/// - Returns: what `body` made of it, and the signal that came meanwhile.
func withSignalsCancelling<Success: Sendable>(
    _ body: @escaping @Sendable () async -> Success
) async -> (Success, stoppedBy: UnixSignal?) {
    let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm] + UnixSignal.hangUp)
    let stoppedBy = Mutex<UnixSignal?>(nil)
    // Cancelled alone, so not a child of this task; awaited below.
    let work = Task { await body() }
    async let _ = {
        for await signal in signals {
            let isSecond = stoppedBy.withLock { first in
                defer { first = first ?? signal }
                return first != nil
            }
            // A terminal that closes may send it twice, through the shell and by itself.
            if isSecond, signal != .sighup { _exit(128 + signal.number) }
            work.cancel()
        }
    }()
    let success = await work.value
    return (success, stoppedBy.withLock { $0 })
}

extension UnixSignal {
    /// SIGHUP, except under nohup.
    static var hangUp: [UnixSignal] { HangUp.isIgnored ? [] : [.sighup] }

    var number: Int32 {
        switch self {
        case .sigint: SIGINT
        case .sighup: SIGHUP
        case .sigquit: SIGQUIT
        default: SIGTERM
        }
    }
}
