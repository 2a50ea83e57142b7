import Entrypoint
import Testing

struct CommandLineTests {
    private func parse(_ line: [String], _ environment: [String: String] = [:]) throws(UsageError) -> EntrypointCommand
    {
        try CommandLineParser.parse(line) { environment[$0] }
    }

    @Test func readsAllOfRun() throws {
        let line = [
            "run", "--workdir=/w", "--no-output-timeout", "1h30m", "--timestamps", "iso", "--await-outputs",
            "--chdir", "/x", "--", "sh", "-c", "--help",
        ]
        guard case .run(let options) = try parse(line) else {
            Issue.record("not run")
            return
        }
        #expect(options.workdir == "/w")
        #expect(options.noOutputTimeout == 5_400_000)
        #expect(options.timestamps == .iso)
        #expect(options.awaitsOutputs)
        #expect(options.folder == "/x")
        #expect(options.command == ["sh", "-c", "--help"])
    }

    @Test func variablesStandInForOptionsAndYieldToThem() throws {
        let environment = [
            "KPIPE_WORKDIR": "/e", "KPIPE_AWAIT_OUTPUTS": "true", "KPIPE_NO_OUTPUT_TIMEOUT": "5",
            "KPIPE_TIMESTAMPS": "elapsed",
        ]
        guard case .run(let plain) = try parse(["run", "--", "x"], environment),
            case .run(let overridden) = try parse(
                ["run", "--no-await-outputs", "--no-output-timeout=0", "--workdir", "/w", "--", "x"], environment)
        else {
            Issue.record("not run")
            return
        }
        #expect(plain.workdir == "/e" && plain.awaitsOutputs && plain.noOutputTimeout == 5000)
        #expect(plain.timestamps == .elapsed)
        #expect(overridden.workdir == "/w" && !overridden.awaitsOutputs && overridden.noOutputTimeout == nil)
    }

    @Test(
        arguments: [
            (["hook", "started"], .hookStarted(workdir: "/workdir")),
            (["hook", "--workdir", "/w", "started"], .hookStarted(workdir: "/w")),
            (["probe", "healthy"], .probe(.healthy, workdir: "/workdir")),
            (["probe", "ready", "--workdir=/w"], .probe(.ready, workdir: "/w")),
            (["probe", "started"], .probe(.started, workdir: "/workdir")),
            (["install", "/workdir/.kpipe"], .install(folder: "/workdir/.kpipe")),
            (["--help"], .help(.all)), (["-h"], .help(.all)), (["run", "--help"], .help(.run)),
            (["hook", "-h"], .help(.hook)), (["probe", "--help"], .help(.probe)), (["install", "-h"], .help(.install)),
            (["--version"], .version),
        ] as [([String], EntrypointCommand)])
    func understands(line: [String], expected: EntrypointCommand) throws {
        #expect(try parse(line) == expected)
    }

    @Test(arguments: [
        [], ["walk"], ["run"], ["run", "ls"], ["run", "--"], ["run", "--", ""], ["run", "--frob", "--", "x"],
        ["run", "--workdir"], ["run", "--workdir=", "--", "x"], ["run", "--timestamps", "soon", "--", "x"],
        ["run", "--no-output-timeout", "soon", "--", "x"], ["run", "--no-output-timeout", "-5", "--", "x"],
        ["run", "--no-output-timeout", "99999999999999999999s", "--", "x"],
        ["run", "--no-output-timeout", "9999999999999999d", "--", "x"],
        ["run", "--await-outputs=false", "--", "x"], ["run", "--no-await-outputs=false", "--", "x"],
        ["run", "--await-outputs=", "--", "x"], ["--help=no"], ["--version=1"],
        ["hook"], ["hook", "stopped"], ["hook", "started", "started"], ["probe"], ["probe", "wealthy"],
        ["probe", "ready", "healthy"], ["install"], ["install", "a", "b"], ["install", "--force"],
    ])
    func refuses(line: [String]) {
        #expect(throws: UsageError.self) { try parse(line) }
    }

    @Test(arguments: [("KPIPE_AWAIT_OUTPUTS", "maybe"), ("KPIPE_NO_OUTPUT_TIMEOUT", "m"), ("KPIPE_TIMESTAMPS", "x")])
    func namesTheWrongVariable(name: String, value: String) throws {
        let error = #expect(throws: UsageError.self) { try parse(["run", "--", "x"], [name: value]) }
        #expect(try #require(error).message.hasPrefix("\(name): '\(value)'"))
    }
}
