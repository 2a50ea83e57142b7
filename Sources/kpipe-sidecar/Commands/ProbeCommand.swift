import ArgumentParser
import Glibc
import WorkdirProtocol

/// Answers an exec probe from the markers of the workdir.
struct ProbeCommand: ParsableCommand, LoggedCommand {
    enum Marker: String, ExpressibleByArgument, CaseIterable {
        case ready, started, healthy
    }

    static let configuration = CommandConfiguration(
        commandName: "probe", abstract: "Answers an exec probe: exit code 0 for yes, 1 for no.",
        discussion: """
              ready    the inputs are in place, or it is known that they never will
                       be (`.kpipe/failed`): startup is over
              started  the main container has started
              healthy  main has made `healthy` since the last probe, which takes it
                       away

            EXAMPLES
              kpipe-sidecar probe ready
              kpipe-sidecar probe healthy --workdir /workdir
            """)

    @Argument(help: "Which: \(Marker.allCases.map(\.rawValue).joined(separator: ", ")).")
    var marker: Marker

    @Option(help: "Where the shared volume is mounted (KPIPE_WORKDIR, default \(WorkdirPath.defaultRoot)).")
    var workdir: String?

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let answer =
            switch marker {
            case .ready: exists(WorkdirPath.ready) || exists(WorkdirPath.failed)
            case .started: exists(WorkdirPath.started)
            case .healthy: unlink(path(WorkdirPath.healthy)) == 0
            }
        guard answer else { throw CommandFailure(status: 1, "\(path(marker.rawValue)) does not exist") }
    }

    private func exists(_ name: String) -> Bool { access(path(name), F_OK) == 0 }

    private func path(_ name: String) -> String {
        let root = workdir ?? getenv("KPIPE_WORKDIR").map { String(cString: $0) } ?? ""
        return "\(root.isEmpty ? WorkdirPath.defaultRoot : root)/\(name)"
    }
}
