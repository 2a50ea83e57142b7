import Basics
import ConfigSchema
import Testing
import WorkdirProtocol

@testable import SidecarAgent

@Suite struct ConfigurationPartsTests {
    @Test(
        arguments: [
            ("10s", 10_000), ("30m", 1_800_000), ("1h30m", 5_400_000), ("250ms", 250), ("1.5h", 5_400_000), ("0", 0),
            ("0.125s", 125), ("2d", 172_800_000), ("1m1m", 120_000),
        ] as [(String, Int64)])
    func `durations are read and written`(text: String, milliseconds: Int64) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(duration == .milliseconds(milliseconds))
        #expect(DurationText.parse(DurationText.print(duration)) == duration)
    }

    @Test(arguments: [
        "", "10", "s", "-1s", "1 s", "1.s", "1.2345s", "1S", "99999999999999999999s", "999999999999d", "1e3s",
    ])
    func `what is no duration is refused`(text: String) {
        #expect(DurationText.parse(text) == nil)
    }

    @Test(arguments: [
        ("32MiB", 32 << 20), ("64Ki", 64 << 10), ("1GB", 1_000_000_000), ("32M", 32_000_000), ("32MB", 32_000_000),
        ("1k", 1000),
        ("4096", 4096), ("7B", 7),
    ])
    func `sizes are read and written`(text: String, bytes: Int) throws {
        let size = try #require(ByteSize(text))
        #expect(size.bytes == bytes)
        #expect(ByteSize(size.description) == size)
    }

    @Test(
        "what is sound of a configuration that is refused",
        arguments: [
            (
                "{workdir: /data, legacy: true, state: [{to: 'https://b/s'}], outputs: [{too: x}]}", "/data", true, 1,
                9797
            ),
            ("{workdir: data, legacy: true, state: [{to: 'ftp://b/s'}]}", "/workdir", true, 0, 9797),
            ("state: [{to: 'ftp://b/s'}, {to: /x}, {to: /y, mode: binary}]", "/workdir", false, 1, 9797),
            ("{workdir: /data, port: 70000, nonsense: 1}", "/data", false, 0, 9797), ("[", "/workdir", false, 0, 9797),
            ("[1]", "/workdir", false, 0, 9797), ("{stateDir: /data/x, workdir: /data, port: 1}", "/data", false, 0, 1),
        ])
    func soundFields(_ document: String, workdir: String, legacy: Bool, states: Int, port: Int) {
        let sources = ConfigurationSources(environment: ["KPIPE_CONFIG": document])
        #expect(throws: ConfigurationError.self) { try sources.load() }
        let sound = sources.soundFields()
        #expect(sound.workdir == workdir && sound.legacy == legacy && sound.state.count == states && sound.port == port)
        let flagged = ConfigurationSources(
            environment: ["KPIPE_CONFIG": document, "KPIPE_GRACE": "7s"],
            flags: [ConfigurationOverride(path: "workdir", value: "/flag", origin: "--workdir")]
        ).soundFields()
        #expect(flagged.workdir == "/flag" && flagged.grace == .seconds(7))
    }

    @Test(
        "what is said of a target is read there",
        arguments: [
            ("state: [{to: kubernetes, timeout: 3s}]", "state[0].timeout"),
            ("state: [{to: /x, mode: binary}]", "state[0].mode"), ("monitor: {interval: 2d}", "monitor.interval"),
        ])
    func refused(_ document: String, path: String) {
        let error = #expect(throws: ConfigurationError.self) {
            try ConfigurationSources(environment: ["KPIPE_CONFIG": document]).load()
        }
        #expect(error?.problems.map(\.path) == [path])
    }

    @Test(arguments: ["", "MiB", "-1", "1.5MiB", "1mb", "9999999999TiB", "٣"])
    func `what is no size is refused`(text: String) {
        #expect(ByteSize(text) == nil)
    }

    static let placeholders = Placeholders(
        pod: PodIdentity(name: "p", namespace: "n", uid: "u", job: nil),
        environment: ["A": "x{y}", "BAD": "a\nb", "E": ""])

    @Test(arguments: [
        ("{pod.name}/{pod.namespace}-{pod.uid}", "p/n-u"), ("{{a,b}}", "{a,b}"), ("{env.A}", "x{y}"), ("a}b", "a}b"),
        ("", ""), ("{{{pod.name}}}", "{p}"),
    ])
    func `placeholders are filled once`(text: String, filled: String) throws {
        #expect(try Self.placeholders.fill(text) == filled)
    }

    @Test(arguments: [
        ("{job.name}", "KPIPE_JOB_NAME"), ("{env.E}", "not known here"), ("{env.BAD}", "control character"),
        ("{}", "no such placeholder"), ("{pod.name", "has no }"),
    ])
    func `a placeholder without a value is refused`(text: String, reason: String) {
        #expect { try Self.placeholders.fill(text) } throws: { error in
            (error as? Decoding.Unfilled)?.message.contains(reason) == true
        }
    }

    @Test func `the pod's own variables come first`() {
        let pod = PodIdentity(
            environment: ["HOSTNAME": "h", "POD_NAME": "b", "KPIPE_POD_NAME": "a", "POD_NAMESPACE": ""],
            serviceAccountNamespace: "sa")
        #expect(pod == PodIdentity(name: "a", namespace: "sa"))
        #expect(PodIdentity(environment: ["HOSTNAME": "h"]).name == "h")
    }

    @Test(
        arguments: [("imputs", "inputs"), ("Form", "from"), ("sha265", "sha256"), ("zzz", nil)] as [(String, String?)])
    func `suggests what was probably meant`(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, among: ["inputs", "outputs", "from", "to", "sha256"]) == meant)
    }

    @Test func `every scalar field has its variable`() {
        let paths = FieldOutline.scalarPaths(of: AgentConfiguration.fields.map(\.outline))
        #expect(
            paths.map(ConfigurationOverride.variable) == [
                "KPIPE_MONITOR_INTERVAL", "KPIPE_TRANSFER_MEMORY", "KPIPE_TRANSFER_CONCURRENCY",
                "KPIPE_TRANSFER_DEADLINE", "KPIPE_TRANSFER_ATTEMPTS", "KPIPE_TRANSFER_MINIMUM_SPEED",
                "KPIPE_LIMITS_OUTPUT_BYTES", "KPIPE_LIMITS_OUTPUT_FILES", "KPIPE_LIMITS_OUTPUT_DEPTH",
                "KPIPE_LIMITS_UNPACK_BYTES", "KPIPE_LIMITS_UNPACK_FILES", "KPIPE_WORKDIR", "KPIPE_STATE_DIR",
                "KPIPE_PORT", "KPIPE_GRACE", "KPIPE_LEGACY",
            ])
    }
}
