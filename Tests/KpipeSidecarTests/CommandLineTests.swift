import ArgumentParser
import KubeClient
import KubeModel
import Logging
import Telemetry
import Testing
import WorkdirProtocol

@testable import kpipe_sidecar

/// What each command makes of its arguments.
@Suite struct CommandLineTests {
    /// - Returns: the command that the words mean.
    private static func parsed<Command: ParsableCommand>(_ words: String, as type: Command.Type) throws -> Command {
        let command = try KpipeSidecar.parseAsRoot(words.split(separator: " ").map(String.init))
        return try #require(command as? Command)
    }

    @Test func `an agent takes all from its configuration`() throws {
        let agent = try Self.parsed("agent", as: AgentCommand.self)
        #expect(agent.workdir == nil && agent.port == nil && !agent.legacy)
        #expect(agent.options.config == nil && agent.options.grace == nil)
        #expect(AgentCommand.defaultLogLevel == .info)
        let told = try Self.parsed(
            "agent --config a.yaml --workdir /w --port 0 --legacy --grace 90s", as: AgentCommand.self)
        #expect(told.workdir == "/w" && told.port == "0" && told.legacy)
        #expect(told.options.config == "a.yaml" && told.options.grace == "90s")
    }

    @Test func `what a step's program is given stays its own`() throws {
        let run = try Self.parsed("run --keep --json -- sort -o out --json", as: RunCommand.self)
        #expect(run.command == ["sort", "-o", "out", "--json"])
        #expect(run.keep && run.json && run.workdir == nil)
        #expect(RunCommand.defaultLogLevel == .warning)
    }

    @Test(arguments: ["ready", "started", "healthy"])
    func `a probe asks for one marker`(_ marker: String) throws {
        let probe = try Self.parsed("probe \(marker)", as: ProbeCommand.self)
        #expect(probe.marker.rawValue == marker && probe.workdir == nil)
    }

    @Test func `a terminator works everywhere, alone, and does what it says`() throws {
        let terminator = try Self.parsed("terminator", as: TerminatorCommand.self)
        #expect(terminator.config == nil && terminator.exitImage == nil && terminator.kube.namespace == nil)
        #expect(!terminator.leaderElect && !terminator.dryRun && !terminator.once && !terminator.webhook)
        #expect(terminator.port == 8080)
        #expect(TerminatorCommand.defaultLogLevel == .info)
        let told = try Self.parsed(
            "terminator --config t.yaml --exit-image exit:1 --leader-elect --dry-run --once --port 0 -n team",
            as: TerminatorCommand.self)
        #expect(told.config == "t.yaml" && told.exitImage == "exit:1" && told.kube.namespace == "team")
        #expect(told.leaderElect && told.dryRun && told.once && told.port == 0)
    }

    @Test func `a webhook takes its port from the command line or the configuration`() throws {
        let webhook = try Self.parsed("webhook", as: WebhookCommand.self)
        #expect(webhook.config == nil && webhook.port == nil && webhook.clientAuthority == nil && !webhook.dryRun)
        #expect(webhook.statusPort == 8080 && WebhookCommand.defaultLogLevel == .info)
        let told = try Self.parsed(
            "webhook --config t.yaml --port 8443 --client-ca ca.crt --status-port 0 -n team", as: WebhookCommand.self)
        #expect(told.config == "t.yaml" && told.port == 8443 && told.clientAuthority == "ca.crt")
        #expect(told.statusPort == 0 && told.kube.namespace == "team")
        #expect(throws: (any Error).self) { try KpipeSidecar.parseAsRoot(["webhook", "--port", "65536"]) }
    }

    @Test(
        arguments: [
            ("kpipe-sidecar", "kpipe-sidecar"), ("/usr/bin/kubectl-kpipe", "kubectl kpipe"), ("", "kpipe-sidecar"),
        ])
    func `kubectl calls it by its own name`(program: String, name: String) {
        #expect(KpipeSidecar.commandName(for: program) == name)
    }

    @Test(arguments: [
        (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
    ])
    func `colours are for screens whose owner wants them`(isScreen: Bool, environment: [String: String], wanted: Bool) {
        #expect(ProgramStreams.showsColours(isScreen: isScreen, environment) == wanted)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func `shells complete what the cluster has`(shell: String) throws {
        let script = KpipeSidecar.completionScript(for: try #require(CompletionShell(rawValue: shell)))
        for words in ["get-contexts", "get namespaces", "get pods,jobs"] { #expect(script.contains(words)) }
    }

    @Test(
        arguments: [
            ("--api-server-cidr 10.0.0.10", false), ("--api-server-cidr 10.0.0.10/33", false),
            ("--api-server-cidr 10.0.0.10/32 --api-server-cidr fd00::/64", true),
            ("--api-server-cidr fd00::/129", false),
            ("--policy --only-namespace x", false), ("--policy", true), ("--replicas 0", false),
        ])
    func `what cannot be installed is refused`(words: String, isFine: Bool) {
        let arguments = ["render", "install"] + words.split(separator: " ").map(String.init)
        #expect(((try? KpipeSidecar.parseAsRoot(arguments)) != nil) == isFine)
    }

    @Test func `a node agent needs its node and its runtime`() throws {
        let agent = try Self.parsed("node-agent --cri-socket /run/c.sock --node-name lab", as: NodeAgentCommand.self)
        #expect(agent.criSocket == "/run/c.sock" && agent.nodeName == "lab" && agent.port == 8080)
        #expect(agent.config == nil && agent.kube.namespace == nil)
    }

    @Test func `a diagnosis shows the namespace's pods in a table, once`() throws {
        let diagnosis = try Self.parsed("diagnose", as: DiagnoseCommand.self)
        #expect(diagnosis.subject.isEmpty && !diagnosis.allNamespaces && diagnosis.output == .table)
        #expect(!diagnosis.watch && !diagnosis.preflight && diagnosis.config == nil && diagnosis.exitImage == nil)
        let told = try Self.parsed("diagnose job/nightly -n data -w -o json", as: DiagnoseCommand.self)
        #expect(told.subject == ["job/nightly"] && told.watch && told.output == .json)
        #expect(told.kube.namespace == "data")
    }

    @Test(arguments: ["agent", "terminator"]) func `a schema is named`(_ document: String) throws {
        #expect(try Self.parsed("schema \(document)", as: SchemaCommand.self).document.rawValue == document)
    }

    @Test func `the cluster is chosen as kubectl does`() throws {
        let kube = try Self.parsed(
            "diagnose --kubeconfig k --context c -n team --as jo --as-group a --as-group b", as: DiagnoseCommand.self
        ).kube
        #expect(kube.kubeconfig == "k" && kube.context == "c" && kube.namespace == "team")
        #expect(kube.impersonatedUser == "jo" && kube.impersonatedGroups == ["a", "b"])
    }

    @Test(arguments: ["-n team -o json", "-n=team -o=json", "-nteam -ojson", "--namespace=team --output=json"])
    func `values stand beside their options as with kubectl`(words: String) throws {
        let diagnosis = try Self.parsed("diagnose \(words)", as: DiagnoseCommand.self)
        #expect(diagnosis.kube.namespace == "team" && diagnosis.output == .json)
    }

    @Test func `an empty word chooses nothing, as with kubectl`() throws {
        let words = ["terminator", "-n", "", "--context", "", "--kubeconfig", "", "--as", ""]
        let kube = try #require(try KpipeSidecar.parseAsRoot(words) as? TerminatorCommand).kube
        #expect(kube.namespace == nil && kube.context == nil && kube.kubeconfig == nil && kube.impersonatedUser == nil)
    }

    @Test(arguments: [
        "terminator --webhook --once", "terminator --port x", "terminator --port 65536", "terminator --port=-1",
        "webhook --status-port 99999", "node-agent --cri-socket s --node-name a --port 99999",
        "node-agent --node-name lab",
        "node-agent --cri-socket s --node-name a,b", "node-agent --cri-socket s --node-name a=b",
        "diagnose pod/a -A", "diagnose three/kinds/of", "diagnose --preflight --watch", "diagnose --preflight pod/a",
        "diagnose -o xml", "probe", "probe done", "schema", "schema pods", "run", "run --keep", "agent --port",
        "terminator --log-level loud", "no-such-command", "--no-such-option",
    ])
    func `what cannot be meant ends with 64`(_ words: String) {
        let error = #expect(throws: (any Error).self) {
            _ = try KpipeSidecar.parseAsRoot(words.split(separator: " ").map(String.init))
        }
        #expect(error.map { KpipeSidecar.exitCode(for: $0).rawValue } == 64)
    }

    @Test(arguments: [
        ("terminator", Logger.Level.info, LogFormat.text), ("diagnose", .notice, .text),
        ("run -- true", .warning, .text),
        ("terminator --log-level debug --log-format json", .debug, .json),
        ("probe ready --log-level error", .error, .text),
    ])
    func `each command has its own level of logging`(
        _ words: String, _ level: Logger.Level, _ format: LogFormat
    ) throws {
        let command = try KpipeSidecar.parseAsRoot(words.split(separator: " ").map(String.init))
        let diagnostics = try #require(command as? any LoggedCommand).diagnostics
        #expect(diagnostics.level == level)
        #expect(diagnostics.format == format)
    }
}

/// How a command ends, and what it says then.
@Suite struct FailureTests {
    @Test(arguments: [(404, 66), (401, 77), (403, 77), (409, 75), (500, 75), (503, 75)])
    func `a server's refusal is an exit code`(_ code: Int, _ expected: Int32) {
        #expect(KubeError(attempted: "GET /", reason: .status(APIStatus(code: code))).exitCode.rawValue == expected)
    }

    @Test func `each line of an error names the program and steers no terminal`() {
        let lines = Diagnostics().lines("one\n\u{1B}[2Jtwo\u{202E}\n")
        #expect(lines == "kpipe-sidecar: one\nkpipe-sidecar: \\u{1B}[2Jtwo\\u{202E}\n")
    }

    @Test func `a status of another's choice is passed on`() {
        #expect(CommandFailure(status: 3, "").status == 3)
        #expect(CommandFailure(.configuration, "x").status == 78)
    }
}
