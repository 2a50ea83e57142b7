package import Basics
package import ConfigSchema
import Transfer
import WorkdirProtocol
package import YAMLTree

/// Everything the agent is told, checked and with its defaults filled in: one YAML or JSON document,
/// described by `docs/schema/agent-config.schema.json`; see `ConfigurationSources` for where it comes from.
package struct AgentConfiguration: Sendable, Equatable {
    var inputs: [InputConfiguration] = []
    package var outputs: [OutputConfiguration] = []
    var state: [StateTargetConfiguration] = []
    var reports: [ReportConfiguration] = []
    var monitor = MonitorConfiguration()
    package var transfer = TransferLimits()
    package var limits = SizeLimits()
    /// Where the shared volume is mounted.
    package var workdir = WorkdirPath.defaultRoot
    /// Where the agent keeps its memory; `nil`: in the volume, where main can write it.
    package var stateDir: String?
    /// Of the endpoint; 0 lets the system choose.
    var port = AgentAddress.defaultPort
    /// From SIGTERM to SIGKILL: the pod's `terminationGracePeriodSeconds`.
    var grace = Duration.seconds(30)
    /// Runs as an ordinary container beside main, not as a native sidecar.
    package var legacy = false

    package init() {}
}

extension AgentConfiguration: Configurable {
    package static let fields: [Field<AgentConfiguration>] = [
        .optional("inputs", \.inputs, Shape.object().list, "Files to fetch before main starts."),
        .optional("outputs", \.outputs, Shape.object().list, "Files to store after main has ended."),
        .optional("state", \.state, Shape.object().list, "Where the step's state is reported."),
        .optional("reports", \.reports, Shape.object().list, "Where the step's report is stored."),
        .section("monitor", \.monitor, "Use of CPU, memory and I/O per container."),
        .section("transfer", \.transfer, "What transfers may use."),
        .section("limits", \.limits, "How large outputs and unpacked archives may be before something must be wrong."),
        .optional(
            "workdir", \.workdir, .absolutePath,
            "Where the shared volume is mounted."),
        .optional(
            "stateDir", \.stateDir, .absolutePath,
            "A folder for the agent's memory on a volume that only the agent mounts. Left out: .kpipe/ in the workdir, "
                + "where main can write it."),
        .optional("port", \.port, .integer(0...65535), "Of the endpoint /ready, /state, /metrics, /healthz; 0: any."),
        .optional("grace", \.grace, .duration(), "From SIGTERM to SIGKILL: the pod's terminationGracePeriodSeconds."),
        .optional("legacy", \.legacy, .boolean, "The agent is an ordinary container, not a native sidecar."),
    ]
}

extension AgentConfiguration {
    /// Stores open files by path, and main may put links in the way anywhere in the workdir.
    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        let urls = [
            ("inputs", "from", inputs.map(\.from)), ("outputs", "to", outputs.map(\.to)),
            ("reports", "to", reports.map(\.to)),
        ]
        if let stateDir, Volume.relative(stateDir + "/x", to: workdir) != nil {
            decoding.at(field: "stateDir") {
                $0.report(
                    "lies in the workdir, where main can write; name a volume that only the agent mounts", at: mark)
            }
        }
        for (list, field, urls) in urls {
            for (index, url) in urls.enumerated() {
                guard let place = try? Location(url), place.isLocal,
                    Volume.relative(place.key + "x", to: workdir) != nil
                else { continue }
                decoding.at(field: list) { list in
                    list.at(index: index) { entry in
                        entry.at(field: field) {
                            $0.report(
                                "lies in the workdir, where main can put links in the way; name another folder",
                                at: mark)
                        }
                    }
                }
            }
        }
    }
}

/// The resource monitor.
struct MonitorConfiguration: Sendable, Equatable {
    /// Between two samples; `nil`: nothing is sampled and nothing wakes up.
    var interval: Duration?

    package init() {}
}

extension MonitorConfiguration: Configurable {
    static let fields: [Field<MonitorConfiguration>] = [
        .optional(
            "interval", \.interval,
            .duration(atLeast: .seconds(1), atMost: .seconds(MonitorRequest.longestInterval)),
            "How often CPU, memory and I/O are sampled. Left out: never.")
    ]
}

/// What transfers may use.
package struct TransferLimits: Sendable, Equatable {
    /// Buffers, in all.
    package var memory = ByteSize(bytes: 32 << 20)
    /// Exchanges at once.
    package var concurrency = 256
    /// Of all inputs, and of all outputs; `nil`: as long as it takes.
    package var deadline: Duration?
    /// Tries of one request.
    package var attempts = 8
    /// A second.
    package var minimumSpeed = ByteSize(bytes: 1 << 10)

    package init() {}
}

extension TransferLimits: Configurable {
    package static let fields: [Field<TransferLimits>] = [
        .optional(
            "memory", \.memory, .size(ByteSize(bytes: 1 << 20)...ByteSize(bytes: 1 << 40)),
            "Bytes of buffers held at once, whatever the sizes of the files."),
        .optional(
            "concurrency", \.concurrency, .integer(1...1024),
            "Most exchanges at once; fewer are used where more would not help."),
        .optional(
            "deadline", \.deadline, .duration(atLeast: .seconds(1)),
            "For all inputs, and for all outputs: what is not complete by then has failed. Left out: as long as it takes."
        ),
        .optional("attempts", \.attempts, .integer(1...100), "Tries of one request, the first included."),
        .optional(
            "minimumSpeed", \.minimumSpeed, .size(ByteSize(bytes: 1)...ByteSize(bytes: 1 << 40)),
            "Bytes a second of one connection; slower for half a minute is a stall, and tried again."),
    ]
}

/// How much may be stored and unpacked.
package struct SizeLimits: Sendable, Equatable {
    package var outputBytes = ByteSize(bytes: 1 << 40)
    package var outputFiles = 1_000_000
    package var outputDepth = 64
    package var unpackBytes = ByteSize(bytes: 1 << 40)
    package var unpackFiles = 1_000_000

    package init() {}
}

extension SizeLimits: Configurable {
    private static let bytes = Shape<ByteSize>.size(ByteSize(bytes: 1)...ByteSize(bytes: 1 << 60))
    private static let count = Shape<Int>.integer(1...1_000_000_000)

    package static let fields: [Field<SizeLimits>] = [
        .optional("outputBytes", \.outputBytes, bytes, "Of all files in output/, the holes of sparse files included."),
        .optional("outputFiles", \.outputFiles, count, "Files in output/."),
        .optional("outputDepth", \.outputDepth, .integer(1...1000), "Folders within each other in output/."),
        .optional("unpackBytes", \.unpackBytes, bytes, "Content of one archive that is unpacked."),
        .optional("unpackFiles", \.unpackFiles, count, "Entries of one archive that is unpacked."),
    ]
}

extension Shape<String> {
    static let absolutePath = template.checked { $0.hasPrefix("/") ? nil : "expected an absolute path" }

    /// 64 hexadecimal digits, read in either case and kept in lower case.
    static let sha256 = Shape.scalar(
        ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"], expected: "64 hexadecimal digits", show: { .string($0) },
        parse: { scalar in
            let isHexadecimal = scalar.text.utf8.count == 64 && scalar.text.allSatisfy { $0.isASCII && $0.isHexDigit }
            return isHexadecimal ? scalar.text.lowercased() : nil
        })
}

extension Shape<ByteSize> {
    static func size(_ range: ClosedRange<ByteSize>) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": .string(ByteSize.pattern)],
            expected: ByteSize.expectation, show: { .string($0.description) }, parse: { ByteSize($0.text) }
        ).checked { range.contains($0) ? nil : "expected from \(range.lowerBound) to \(range.upperBound)" }
    }
}

/// The JSON Schema of the agent's configuration, made from the decoder's own fields.
package enum AgentConfigurationSchema {
    /// Checked in at `docs/schema/agent-config.schema.json`; `kpipe-sidecar schema agent` prints it.
    package static var text: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "Configuration of kpipe-sidecar agent"),
        ]
        return JSONValue.object(head + Shape<AgentConfiguration>.object().schema).prettyText
    }
}

/// One entry of `reports`: where `report.json` and `report.html` go.
struct ReportConfiguration: Sendable, Equatable {
    /// The URL of a folder.
    var to = ""
}

extension ReportConfiguration: Configurable {
    static let fields: [Field<ReportConfiguration>] = [
        .required(
            "to", \.to, .template.checked(["examples": ["s3://bucket/run-7/report/"]]) { problem(of: $0) },
            "The URL of the folder for report.json and report.html.")
    ]

    private static func problem(of to: String) -> String? {
        to.contains("?") ? "expected the URL of a folder, without a query" : Location.problem(of: to)
    }
}
