import ArgumentParser
import Basics
import Render
import SidecarAgent
import WorkdirProtocol
import YAMLTree

/// `render job`: a whole step as a Job or CronJob.
struct RenderJobCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "Makes a step's Job or CronJob: agent, entrypoint, probes, volume.",
        discussion: """
            A step comes from a file, from options, or from both: an option goes before the file's field, and inputs, \
            outputs and states are added to the file's. See docs/step.md for the file's fields.

            EXAMPLES
              1. A Job from options alone:
                 kpipe-sidecar render job --name words-7 --image registry.example/words:1 \\
                   --input parts/=s3://bucket/run-7/part-*.csv \\
                   --output '**=s3://bucket/run-7/out/' \\
                   -- /app/words --in input --out output | kubectl apply -f -
              2. From a file, every night:
                 kpipe-sidecar render job step.yaml --schedule '0 3 * * *'
              3. For a cluster before 1.29:
                 kpipe-sidecar render job step.yaml --legacy

            EXIT CODES
              0 done   64 usage   65 the step is wrong   66 the file cannot be read
            """)

    @Argument(help: "The step's document, or - for standard input.")
    var file: String?

    @Option(help: "The Job's name.") var name: String?
    @Option(help: "The Job's namespace.") var namespace: String?
    @Option(help: "The image of your program.") var image: String?
    @Option(help: "An input as [PATH=]URL; PATH below input/. May be repeated.") var input: [String] = []
    @Option(help: "An output as [PATTERN=]URL; PATTERN below output/. May be repeated.") var output: [String] = []
    @Option(help: "Where the state is reported: a URL, or kubernetes. May be repeated.") var state: [String] = []
    @Option(help: "A variable of your program, NAME=VALUE. May be repeated.") var env: [String] = []
    @Option(help: "What your program asks for, as in cpu=2,memory=4Gi.") var requests: String?
    @Option(help: "What your program may use at most, as in memory=4Gi.") var limits: String?
    @Option(help: "When to run, as cron says it: makes a CronJob.") var schedule: String?
    @Option(help: "Tries after the first.") var retries: String?
    @Option(help: "Never: each try is a pod of its own; OnFailure: tries share one.") var restartPolicy: String?
    @Option(help: "Of all tries together, as in 2h.") var timeout: String?
    @Option(help: "How long fetching the inputs may take, as in 1h.") var inputTimeout: String?
    @Option(help: "From SIGTERM to SIGKILL, for your program and its outputs.") var grace: String?
    @Option(help: "Ends a program that prints nothing for so long.") var noOutputTimeout: String?
    @Option(help: "The user that both containers run as.") var user: String?
    @Option(help: "The account of the pod.") var serviceAccount: String?
    @Option(help: "The agent's image.") var agentImage: String?
    @Option(help: "A Secret whose keys become the agent's variables: credentials. May be repeated.")
    var agentSecret: [String] = []
    @Flag(help: "For clusters before 1.29: ordinary containers with a terminator's marker.") var legacy = false
    @Option(name: .output, help: "The output's format.") var format = ManifestFormat.yaml

    @Argument(parsing: .postTerminator, help: "The program and its arguments.") var command: [String] = []

    @OptionGroup var logging: LoggingOptions

    func validate() throws {
        for entry in env + [requests, limits].compactMap({ $0 }).flatMap({ Self.entries($0) })
        where Self.pair(entry) == nil {
            throw ValidationError("'\(entry)' is no NAME=VALUE.")
        }
    }

    func run() throws {
        var document = YAMLMapping()
        if let file { document = try GeneratorInput.mapping(file) }
        apply(to: &document)
        let image = "kpipe-sidecar:\(Basics.Version.current)"
        try GeneratorInput.reporting(file) {
            let step = try StepReader.step(YAMLNode(.mapping(document)), agentImage: image)
            try StepConfigurationCheck.check(step)
            try GeneratorInput.write(StepManifests.documents(step), as: format)
        }
    }

    // MARK: Options over the file

    private func apply(to document: inout YAMLMapping) {
        let texts: [(String, String?)] = [
            ("name", name), ("namespace", namespace), ("image", image), ("schedule", schedule), ("retries", retries),
            ("restartPolicy", restartPolicy), ("timeout", timeout), ("inputTimeout", inputTimeout), ("grace", grace),
            ("noOutputTimeout", noOutputTimeout), ("user", user), ("serviceAccount", serviceAccount),
        ]
        for case (let field, let value?) in texts { document.set(field, to: .quoted(value)) }
        if legacy { document.set("legacy", to: YAMLNode(.scalar(YAMLScalar("true")))) }
        if !command.isEmpty {
            document.set("command", to: YAMLNode(.sequence(command.map { .quoted($0) })))
            document.set("args", to: YAMLNode(.sequence([])))
        }
        append(input.map { transfer($0, first: "to", second: "from", otherwise: nil) }, to: "inputs", of: &document)
        append(
            output.map { transfer($0, first: "from", second: "to", otherwise: "**") }, to: "outputs", of: &document)
        append(state.map { .fields([("to", $0)]) }, to: "state", of: &document)
        append(
            env.compactMap(Self.pair).map { .fields([("name", $0.0), ("value", $0.1)]) }, to: "env", of: &document)
        applyResources(to: &document)
        applyAgent(to: &document)
    }

    private func applyResources(to document: inout YAMLMapping) {
        var resources = document["resources"]?.mapping ?? YAMLMapping()
        for case (let field, let value?) in [("requests", requests), ("limits", limits)] {
            resources.set(field, to: .fields(Self.entries(value).compactMap(Self.pair)))
        }
        if !resources.pairs.isEmpty { document.set("resources", to: YAMLNode(.mapping(resources))) }
    }

    private func applyAgent(to document: inout YAMLMapping) {
        guard agentImage != nil || !agentSecret.isEmpty else { return }
        var agent = document["agent"]?.mapping ?? YAMLMapping()
        if let agentImage { agent.set("image", to: .quoted(agentImage)) }
        let secrets = agentSecret.map { name in
            var mapping = YAMLMapping()
            mapping.set("secretRef", to: .fields([("name", name)]))
            return YAMLNode(.mapping(mapping))
        }
        append(secrets, to: "envFrom", of: &agent)
        document.set("agent", to: YAMLNode(.mapping(agent)))
    }

    private func append(_ elements: [YAMLNode], to field: String, of document: inout YAMLMapping) {
        guard !elements.isEmpty else { return }
        let existing = document[field]
        document.set(
            field, to: YAMLNode(.sequence((existing?.sequence ?? []) + elements), at: existing?.mark ?? .start))
    }

    /// `[PATH=]URL`; a = behind the scheme belongs to the URL.
    private func transfer(_ text: String, first: String, second: String, otherwise: String?) -> YAMLNode {
        let path = String(text.prefix { $0 != "=" })
        guard path.count < text.count, path.split(separator: "://").count < 2 else {
            return .fields((otherwise.map { [(first, $0)] } ?? []) + [(second, text)])
        }
        let fields = [(first, path), (second, String(text.dropFirst(path.count + 1)))]
        return .fields(first == "to" ? fields.reversed() : fields)
    }

    private static func entries(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    /// NAME=VALUE, of which only the value may be empty.
    private static func pair(_ text: String) -> (String, String)? {
        let name = text.prefix { $0 != "=" }
        guard !name.isEmpty, name.endIndex < text.endIndex else { return nil }
        return (String(name), String(text[name.endIndex...].dropFirst()))
    }
}

extension YAMLNode {
    fileprivate static func quoted(_ text: String) -> YAMLNode {
        YAMLNode(.scalar(YAMLScalar(text, style: .doubleQuoted)))
    }

    fileprivate static func fields(_ fields: [(String, String)]) -> YAMLNode {
        var mapping = YAMLMapping()
        for (name, value) in fields { mapping.set(name, to: .quoted(value)) }
        return YAMLNode(.mapping(mapping))
    }
}

/// Looks at a step's configuration as the agent will, with stand-ins for what only the pod knows.
enum StepConfigurationCheck {
    static func check(_ step: Step) throws {
        let document = ManifestWriter.json([.map(step.configuration)])
        var environment = [AgentVariable.config: document]
        for name in [
            AgentVariable.podName, AgentVariable.podNamespace, AgentVariable.podUID, AgentVariable.jobName,
        ] { environment[name] = "x" }
        for name in variables(in: document) where environment[name] == nil { environment[name] = "x" }
        _ = try ConfigurationSources(environment: environment).load()
    }

    /// Every NAME of `{env.NAME}`.
    private static func variables(in text: String) -> [String] {
        text.split(separator: "{env.").dropFirst().map { String($0.prefix { $0 != "}" }) }
    }
}
