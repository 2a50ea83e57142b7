import ArgumentParser
import Glibc
import SidecarAgent
import WorkdirProtocol

@main
struct KpipeSidecar: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "kpipe-sidecar",
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
            AgentCommand.self, RunCommand.self, CopyCommand.self, VerifyCommand.self, ProbeCommand.self,
            RenderCommand.self, SchemaCommand.self,
        ])

    /// As the library's own `main`, but an error that knows its exit code ends with it.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            failure.exit()
        } catch let error as ConfigurationError {
            CommandFailure(.configuration, error.description).exit()
        } catch let error as VolumeError {
            CommandFailure(error.exitCode, error.message).exit()
        } catch {
            exit(withError: error)
        }
    }
}
