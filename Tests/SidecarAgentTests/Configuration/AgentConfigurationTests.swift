import Basics
import ConfigSchema
import Testing
import Transfer

@testable import SidecarAgent

@Suite struct AgentConfigurationTests {
    static let environment = [
        "KPIPE_POD_NAME": "step-1", "POD_NAMESPACE": "team", "KPIPE_POD_UID": "u-1", "JOB_NAME": "step", "RUN": "7",
    ]

    static func load(_ document: String, _ environment: [String: String] = [:], flags: [ConfigurationOverride] = [])
        throws -> AgentConfiguration
    {
        let base = Self.environment.merging(environment) { $1 }
        return try ConfigurationSources(
            environment: base.merging(["KPIPE_CONFIG": document]) { $1 }, flags: flags
        ).load()
    }

    static let schemes = "there are s3://, gs://, az://, http://, https://, file://"

    static let whole = """
        inputs:
        - from: s3://bucket/run-{env.RUN}/part-*.parquet
          to: parts/
        - from: https://data.example/model.tar.zst
          to: model
          sha256: 9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08
          unpack: auto
          optional: false
        outputs:
        - from: '**'
          to: s3://bucket/run-7/out/
          when: always
          during: end
          priority: 0
        state:
        - to: https://backend.example/steps/{pod.name}/state
        - to: file:///var/log/{pod.namespace}/{pod.uid}-{job.name}.jsonl
        monitor: {interval: 10s}
        """

    @Test func `reads a whole document`() throws {
        let configuration = try Self.load(Self.whole)
        #expect(
            configuration.inputs.map(\.from) == [
                "s3://bucket/run-7/part-*.parquet", "https://data.example/model.tar.zst",
            ])
        #expect(configuration.inputs[1].sha256?.hasPrefix("9f86d081") == true)
        #expect(configuration.inputs[1].unpack == .auto)
        #expect(configuration.outputs[0].when == .always)
        #expect(
            configuration.state.map(\.destination) == [
                .http("https://backend.example/steps/step-1/state"), .file("/var/log/team/u-1-step.jsonl"),
            ])
        #expect(configuration.monitor.interval == .seconds(10))
    }

    @Test(arguments: ["", "{}", "# nothing", "inputs:\nmonitor: {interval: }"])
    func `defaults need no document`(text: String) throws {
        let configuration = try Self.load(text)
        #expect(configuration == AgentConfiguration())
        #expect(configuration.workdir == "/workdir")
        #expect(configuration.port == 9797)
        #expect(configuration.grace == .seconds(30))
        #expect(configuration.monitor.interval == nil)
    }

    @Test(arguments: [
        ("stateDir", "KPIPE_STATE_DIR", "--state-dir"), ("grace", "KPIPE_GRACE", "--grace"),
        ("monitor.interval", "KPIPE_MONITOR_INTERVAL", "--monitor-interval"),
        ("limits.outputBytes", "KPIPE_LIMITS_OUTPUT_BYTES", "--limits-output-bytes"),
    ])
    func `fields have variables and flags`(_ path: String, _ variable: String, _ flag: String) {
        #expect(ConfigurationOverride.variable(for: path) == variable)
        #expect(ConfigurationOverride.flag(for: path) == flag)
    }

    @Test func `JSON is as good`() throws {
        let configuration = try Self.load(#"{"outputs":[{"from":"a\u00e9.txt","to":"s3://b/\ud83d\ude00"}],"port":80}"#)
        #expect(configuration.outputs[0].from == "aé.txt")
        #expect(configuration.outputs[0].to == "s3://b/😀")
        #expect(configuration.port == 80)
    }

    static let bad: [(document: String, problems: [String])] = [
        ("imputs: []", ["1:1: imputs: no such field; did you mean inputs?"]),
        (
            "inputs:\n- from: s3://b/k\n  colour: red",
            [
                "3:3: inputs[0].colour: no such field; there are from, to, sha256, unpack, optional, badNames, include, "
                    + "exclude, endpoint, region, profile, anonymous, requesterPays, fips, dualStack, customerKeyFile"
            ]
        ),
        (
            "inputs:\n- to: x\n- from: s3://b/k\n  sha256: 9f86\n  optional: yes\n  unpack: zip\nport: 0x10\ngrace: 10",
            [
                "2:3: inputs[0].from: must be given",
                "4:11: inputs[1].sha256: expected 64 hexadecimal digits, found “9f86”",
                "5:13: inputs[1].optional: expected true or false, found “yes”",
                "6:11: inputs[1].unpack: expected one of never, auto, found “zip”",
                "7:7: port: expected a whole number from 0 to 65535, found “0x10”",
                "8:8: grace: expected a duration such as 10s, 30m or 1h30m, found “10”",
            ]
        ),
        (
            "inputs: [{from: s3://b/k, to: ../x}, {from: s3://b/k, to: /x}, {from: s3://b/k, to: 'a/{env.UP}/b'}]",
            [
                "1:31: inputs[0].to: expected a path below input/, found .. in it",
                "1:59: inputs[1].to: expected a path below input/, found an absolute one",
                "1:85: inputs[2].to: expected a path below input/, found .. in it",
            ]
        ),
        (
            "inputs: [{from: s3://b/k, to: ./x}, {from: s3://b/k, to: a//b}, {from: s3://b/k, to: a/}]",
            [
                "1:31: inputs[0].to: expected a path below input/, found the segment . in it: leave it out",
                "1:58: inputs[1].to: expected a path below input/, found // in it: write one /",
            ]
        ),
        (
            "outputs: [{from: ./*.csv, to: s3://b/}, {from: ., to: s3://b/, optional: true}, {from: a//, to: s3://b/}]",
            [
                "1:18: outputs[0].from: expected a path below output/, found the segment . in it: leave it out",
                "1:48: outputs[1].from: expected a path below output/, found the segment . in it: leave it out",
                "1:88: outputs[2].from: expected a path below output/, found // in it: write one /",
            ]
        ),
        (
            """
            outputs:
            - {from: '*', to: 'https://h/d/?sig=x'}
            - {from: a/, to: 'https://h/d?sig=x'}
            - {from: a, to: 'https://h/d/?sig=x'}
            - {from: '*', to: 's3://b/d?sig=x/'}
            - {from: '*', to: 'https://h/d?sig=x', pack: tar}
            - {from: '*', to: 's3://b/d/?versionId=3'}
            """,
            [
                "2:3: outputs[0].to: has a query, which makes it one object's URL, and `from` names many files",
                "3:3: outputs[1].to: has a query, which makes it one object's URL, and `from` names many files",
                "7:3: outputs[5].to: names a version, and what is stored becomes a new one",
            ]
        ),
        (
            "inputs: [{from: b/k}, {from: ftp://x/y}, {from: gcs://b/k}, {from: 's3:///k'}, {from: file://x}]",
            [
                "1:17: inputs[0].from: expected a URL such as s3://bucket/key; \(AgentConfigurationTests.schemes)",
                "1:30: inputs[1].from: no such scheme ftp://; \(AgentConfigurationTests.schemes)",
                "1:49: inputs[2].from: no such scheme gcs://; \(AgentConfigurationTests.schemes)",
                "1:68: inputs[3].from: expected a bucket after s3://",
                "1:87: inputs[4].from: expected an absolute path: file:///folder/file",
            ]
        ),
        (
            "state: [{to: Kubernetes}, {to: 'https://x/{pod.nam}'}, {to: 'https://x/{env.NOWHERE}'}, {to: 'https://x/{'}]",
            [
                "1:14: state[0].to: expected an http(s):// URL, a file:// path or kubernetes",
                "1:32: state[1].to: no such placeholder {pod.nam}; there are {pod.name}, {pod.namespace}, {pod.uid}, "
                    + "{job.name} and {env.NAME}; write {{ for the brace itself",
                "1:61: state[2].to: {env.NOWHERE} is not known here; set that environment variable",
                "1:94: state[3].to: a { has no }; write {{ for the brace itself",
            ]
        ),
        (
            "outputs: [{from: a, to: 's3://b/', pack: tar.zst}, {from: a, to: 's3://b/x', pack: tar, during: continuous}, "
                + "{from: a, to: 's3://b/x', pack: zip}]",
            [
                "1:11: outputs[0].to: names a folder, and `pack` makes one object: name that",
                "1:52: outputs[1].during: continuous cannot go with `pack`: it is made of all at the end",
                "1:142: outputs[2].pack: expected one of none, tar, tar.gz, tar.zst, found “zip”",
            ]
        ),
        (
            "outputs: [{from: a, to: 's3://b/', during: continuous, when: success}]",
            [
                "1:11: outputs[0].during: continuous cannot go with `when: success`: what is stored cannot be taken back"
            ]
        ),
        (
            "inputs: [{from: 'file:///workdir/output/x'}]\nstateDir: /workdir/s\n"
                + "outputs: [{from: a, to: 'file:///x/../workdir/'}, {from: a, to: 'file:///workdirs/'}]",
            [
                "1:1: stateDir: lies in the workdir, where main can write; name a volume that only the agent mounts",
                "1:1: inputs[0].from: lies in the workdir, where main can put links in the way; name another folder",
                "1:1: outputs[0].to: lies in the workdir, where main can put links in the way; name another folder",
            ]
        ),
        (
            "state: [{to: file:///a, tokenFile: /t}, {to: https://x, headers: {'a b': c}}]",
            [
                "1:9: state[0].tokenFile: belongs to an http(s):// URL, but `to` is a file",
                "1:41: state[1].headers.a b: is no name of a header field",
            ]
        ),
        (
            "inputs: [{from: s3://b/p/, sha256: \(String(repeating: "a", count: 64))}]",
            ["1:10: inputs[0].sha256: belongs to one object, but `from` names many"]
        ),
        ("inputs: {from: x}", ["1:9: inputs: expected a list, found a mapping"]),
        ("- a", ["1:1: expected a mapping, found a list"]),
        (
            "port: !!int 80",
            ["1:7: port: expected a whole number from 0 to 65535; the tag tag:yaml.org,2002:int is not supported here"]
        ),
        ("a: [", ["2:1: did not find expected node content while parsing a flow node"]),
    ]

    @Test(arguments: bad)
    func `names every bad field and its place`(document: String, problems: [String]) {
        let error = #expect(throws: ConfigurationError.self) { try Self.load(document, ["UP": "../.."]) }
        #expect(error?.problems.map(\.description) == problems)
    }

    @Test func `the environment and flags set single fields, flags last`() throws {
        let environment = [
            "KPIPE_GRACE": "1m", "KPIPE_MONITOR_INTERVAL": "2s", "KPIPE_PORT": "81", "KPIPE_TRANSFER_MEMORY": "8MiB",
            "KPIPE_INPUTS": "ignored",
        ]
        let flags = [ConfigurationOverride(path: "port", value: "82", origin: "--port")]
        let configuration = try Self.load("port: 80\ngrace: 5s", environment, flags: flags)
        #expect(configuration.grace == .seconds(60))
        #expect(configuration.monitor.interval == .seconds(2))
        #expect(configuration.port == 82)
        #expect(configuration.transfer.memory == ByteSize(bytes: 8 << 20))
    }

    @Test func `a bad override names its origin`() {
        let error = #expect(throws: ConfigurationError.self) {
            try Self.load(
                "port: 80", ["KPIPE_GRACE": "soon"], flags: [.init(path: "port", value: "x", origin: "--port")])
        }
        #expect(
            error?.description == """
                KPIPE_CONFIG: port: expected a whole number from 0 to 65535, found “x” (from --port)
                KPIPE_CONFIG: grace: expected a duration such as 10s, 30m or 1h30m, found “soon” (from KPIPE_GRACE)
                """)
    }

    @Test func `a Service called kpipe is no port`() throws {
        #expect(try Self.load("", ["KPIPE_PORT": "tcp://10.0.0.7:80"]).port == 9797)
    }

    @Test func `no message shows a credential`() throws {
        let documents = [
            "inputs: [{from: 'ftp://user:hunter2@host/x?sig=hunter2'}]", "state: [{to: 'x://hunter2'}]",
            "inputs: [{from: 'https://h/?sig=hunter2', to: '..'}]", "state: [{to: 'https://h/{hunter}hunter2'}]",
        ]
        for document in documents {
            let error = #expect(throws: ConfigurationError.self) { try Self.load(document) }
            #expect(error?.description.contains("hunter2") == false)
        }
    }

    @Test func `a missing file is a configuration error`() {
        #expect { try ConfigurationSources(file: "/nowhere/a.yaml", environment: [:]).load() } throws: { error in
            "\(error)" == "/nowhere/a.yaml: cannot be read: No such file or directory"
        }
        #expect { try ConfigurationSources(file: "/tmp", environment: [:]).load() } throws: { error in
            "\(error)".contains("Is a directory")
        }
    }
}
