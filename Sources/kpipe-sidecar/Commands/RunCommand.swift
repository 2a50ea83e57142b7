import ArgumentParser
import Glibc
import Logging
import PodRules
import Report
import SidecarAgent
import Synchronization
import Transfer
import UnixSignals
import WorkdirProtocol

/// `run`: the same step on this machine without a cluster.
struct RunCommand: AsyncParsableCommand, LoggedCommand {
    /// The timeline tells the rest.
    static let defaultLogLevel = Logger.Level.warning

    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs a step on this machine: inputs, command, outputs, states.",
        discussion: """
            Fetches the inputs, runs the command with the workdir as its current folder (and in KPIPE_WORKDIR), stores \
            the outputs and reports the states, as agent and entrypoint do in a pod. The timeline goes to standard \
            error; the command's own streams pass through untouched.

            Exits with the command's code; where that is 0, with the code of an input's or output's failure.

            EXAMPLES
              kpipe-sidecar run --config step.yaml -- sort -o output/sorted input/words
              kpipe-sidecar run --config step.yaml --workdir /scratch/run-7 -- \\
                sh -c 'wc -w input/* > output/words'
            """)

    @OptionGroup var options: AgentOptions

    @Option(help: "Where input/ and output/ are. Left out: a temporary folder, removed once its outputs are stored.")
    var workdir: String?

    @Flag(help: "Keep a temporary workdir.")
    var keep = false

    @Flag(help: "Tell the timeline as JSON lines.")
    var json = false

    @Argument(parsing: .postTerminator, help: "The step's program and its arguments, after --.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("The command is missing: run [OPTIONS] -- COMMAND…") }
    }

    var logging: LoggingOptions { options.logging }

    func run() async throws {
        let environment = options.environment
        let sources = options.sources([])
        var configuration = try sources.load()
        guard let entrypoint = EntrypointBinary.find(environment: environment) else {
            throw CommandFailure(
                .software,
                "there is no kpipe-entrypoint beside this program; put it there, or name it in "
                    + EntrypointBinary.variable)
        }
        let place = try LocalWorkdir(workdir, temporaryFolder: environment["TMPDIR"] ?? "/tmp")
        configuration.workdir = place.path
        configuration.stateDir = place.state
        defer { place.removeState() }
        var pod = sources.pod
        // Each run is a step of its own.
        pod.uid = pod.uid ?? SidecarAgent.newUID()
        var settings = AgentSettings(
            configuration: configuration, pod: pod,
            rules: LifecycleRules(placement: .native, restartPolicy: .never), entrypoint: entrypoint)
        settings.openToAll = false
        // The machine's other processes share our control group.
        settings.usageScope = .processes

        let output = TimelineOutput(Timeline(json ? .json : .text))
        let (engine, registry) = options.engine(for: configuration)
        let logger = Logger(label: "agent")
        let services = StepServices(configuration, scope: settings.usageScope)
        settings.usageSummary = { services.monitor.summary() }
        settings.traces = TraceExporter(environment: environment)
        settings.recordedUsage = { services.monitor.recorded() }
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm, .sigquit] + UnixSignal.hangUp)
        let agent = try SidecarAgent(settings, transfers: engine, logger: logger, onEvent: output.show)
        let main = try MainProcess(
            entrypoint: entrypoint, command: command, workdir: place.path, environment: environment)
        let sinks = services.attach(agent, pod: pod, logger: logger)
        async let _ = services.monitor.run()
        let step = LocalStep(agent: agent, main: main, reportingTo: sinks)
        let code = await step.run(signals: signals.map(\.number))
        await registry.shutdown()

        keepReport(agent.record, of: place, output)
        let isStored = step.outcome == .success && configuration.outputs.contains { $0.when != .failure }
        if !keep, isStored || !place.hasOutputs {
            place.removeIfTemporary()
        } else if place.hasOutputs {
            output.say("the outputs are in \(place.path)/\(WorkdirPath.output)")
        }
        guard code == 0 else { throw CommandFailure(status: code, "") }
    }

    /// Beside a temporary workdir, which may go, and within one that stays.
    private func keepReport(_ record: StepRecord, of place: LocalWorkdir, _ output: TimelineOutput) {
        let path = place.isTemporary ? place.path : "\(place.path)/\(WorkdirPath.own)"
        let base = place.isTemporary ? "\(path)." : "\(path)/"
        do throws(VolumeError) {
            try LocalWorkdir.write(record.encoded, to: base + "report.json")
            try LocalWorkdir.write(StepPage.html(record), to: base + "report.html")
            output.say("report \(base)report.html")
        } catch {
            output.show(.warning("the report could not be kept: \(error.message)"))
        }
    }
}

/// The timeline on standard error, written whole line by whole line from whatever thread.
private final class TimelineOutput: Sendable {
    private let timeline: Mutex<Timeline>
    private let begin = ContinuousClock.now

    init(_ timeline: Timeline) { self.timeline = Mutex(timeline) }

    func show(_ event: AgentEvent) {
        timeline.withLock { timeline in
            Diagnostics.write(timeline.lines(for: event, at: .now - begin))
        }
    }

    func say(_ text: String) { show(.note(text)) }
}
