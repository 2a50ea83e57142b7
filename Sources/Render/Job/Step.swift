internal import Basics
package import YAMLTree

/// A step of a pipeline as its author writes it: everything else follows from it.
package struct Step: Sendable, Equatable {
    package enum RestartPolicy: String, Sendable, CaseIterable {
        /// Each try is a pod of its own.
        case never = "Never"
        /// Tries share a pod, its inputs and its outputs.
        case onFailure = "OnFailure"
    }

    /// The sidecar's own container.
    package struct Agent: Sendable, Equatable {
        package var image = ""
        package var resources: ManifestValue = [
            "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["memory": "256Mi"],
        ]
        /// Further fields of its container: `env`, `envFrom`, `volumeMounts` …, where its credentials come from.
        package var container: [ManifestValue.Field] = []
    }

    package var name = ""
    package var namespace: String?
    package var labels: [ManifestValue.Field] = []
    package var annotations: [ManifestValue.Field] = []

    package var image = ""
    /// The program and its arguments. An image's own entrypoint cannot be known here.
    package var command: [String] = []
    package var workingDir: String?
    /// Further fields of main's container: `env`, `resources`, `volumeMounts` …
    package var container: [ManifestValue.Field] = []

    /// The agent's configuration: `inputs`, `outputs`, `state`, `monitor`, `transfer`.
    package var configuration: [ManifestValue.Field] = []
    package var agent = Agent()

    package var schedule: String?
    package var timeZone: String?
    /// Tries after the first.
    package var retries = 0
    package var restartPolicy = RestartPolicy.never
    /// Seconds for all tries together.
    package var timeout: Int?
    /// Seconds after its end when the Job goes.
    package var timeToLive: Int?
    /// Seconds that fetching the inputs may take.
    package var inputTimeout = 3600
    /// Seconds from SIGTERM to SIGKILL, for main and the outputs together.
    package var grace = 120
    /// As the entrypoint takes them.
    package var noOutputTimeout: String?
    package var timestamps: String?

    /// Of both containers, because they share files.
    package var user = 65532
    package var workdirSize: String?
    package var serviceAccount: String?
    /// Further fields of the pod: `volumes`, `nodeSelector`, `tolerations` …
    package var pod: [ManifestValue.Field] = []
    /// For clusters before 1.29: ordinary containers, the agent marked for a terminator.
    package var isLegacy = false

    package init() {}

    /// Whether the agent talks to the API server: only then does it get a token.
    var reportsToKubernetes: Bool {
        configuration.first { $0.name == "state" }?.value.elements.contains { $0["to"]?.scalar == "kubernetes" }
            ?? false
    }
}

/// Reads a step's document; what is wrong with it is said in one go.
package enum StepReader {
    /// Fields of the agent's configuration, which the agent's own reader checks.
    package static let configurationFields = ["inputs", "outputs", "state", "reports", "monitor", "transfer", "limits"]
    private static let containerFields = [
        "env", "envFrom", "resources", "imagePullPolicy", "ports", "volumeMounts", "volumeDevices",
    ]
    private static let agentFields = ["env", "envFrom", "imagePullPolicy", "volumeMounts"]
    private static let podFields = [
        "volumes", "imagePullSecrets", "nodeSelector", "affinity", "tolerations", "topologySpreadConstraints",
        "priorityClassName", "runtimeClassName", "hostAliases", "dnsPolicy", "dnsConfig",
    ]

    /// - Parameter agentImage: where the document names none.
    package static func step(_ node: YAMLNode, agentImage: String) throws(InputError) -> Step {
        var reader = FieldReader(node)
        var step = Step()
        step.name = reader.required("name", "give the Job's name")
        step.namespace = reader.text("namespace")
        step.labels = reader.pairs("labels").map { .init($0.key, ManifestValue($0.value)) }
        step.annotations = reader.pairs("annotations").map { .init($0.key, ManifestValue($0.value)) }
        step.image = reader.required("image", "give the image of your program")
        step.command = (reader.texts("command") ?? []) + (reader.texts("args") ?? [])
        step.workingDir = reader.text("workingDir")
        step.container = reader.manifests(containerFields)
        step.configuration = reader.manifests(configurationFields)
        step.agent = agent(&reader, image: agentImage)
        schedule(&step, &reader)
        step.user = reader.integer("user", in: 1...Int(Int32.max)) ?? step.user
        step.workdirSize = reader.text("workdirSize")
        step.serviceAccount = reader.text("serviceAccount")
        step.pod = reader.manifests(podFields)
        step.isLegacy = reader.boolean("legacy") ?? false
        check(step, &reader)
        reader.reportUnknown()
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        return step
    }

    private static func schedule(_ step: inout Step, _ reader: inout FieldReader) {
        step.schedule = reader.text("schedule")
        step.timeZone = reader.text("timeZone")
        step.retries = reader.integer("retries", in: 0...Int(Int32.max)) ?? step.retries
        step.restartPolicy = reader.choice("restartPolicy", Step.RestartPolicy.self) ?? step.restartPolicy
        step.timeout = reader.seconds("timeout")
        step.timeToLive = reader.seconds("ttl", atLeast: 0)
        step.inputTimeout = reader.seconds("inputTimeout") ?? step.inputTimeout
        step.grace = reader.seconds("grace", atLeast: 2) ?? step.grace
        step.noOutputTimeout = reader.seconds("noOutputTimeout").map { "\($0)s" }
        step.timestamps = reader.text("timestamps")
    }

    private static func agent(_ reader: inout FieldReader, image: String) -> Step.Agent {
        var agent = Step.Agent()
        agent.image = image
        guard let node = reader.node("agent") else { return agent }
        var inner = FieldReader(node, path: "agent")
        agent.image = inner.text("image") ?? image
        inner.check("image", ObjectName.problem(ofImage:))
        agent.resources = inner.manifest("resources") ?? agent.resources
        agent.container = inner.manifests(agentFields)
        inner.checkContainer()
        inner.reportUnknown()
        reader.add(inner.problems)
        return agent
    }

    private static func check(_ step: Step, _ reader: inout FieldReader) {
        // A CronJob's Jobs get eleven characters more, and a pod's name is a label of at most 63.
        let longest = step.schedule == nil ? 63 : 52
        if !step.name.isEmpty, let problem = ObjectName.problem(step.name, longest: longest) {
            reader.report(nil, at: "name", problem)
        }
        if step.command.isEmpty {
            reader.report(
                nil, at: "command",
                "is missing; say what to run, because the entrypoint runs instead of what the image would start")
        }
        reader.check("namespace") { ObjectName.problem($0) }
        reader.check("serviceAccount", ObjectName.problem(ofSubdomain:))
        if !step.image.isEmpty { reader.check("image", ObjectName.problem(ofImage:)) }
        reader.check("schedule", CronSchedule.problem)
        reader.checkContainer()
        if step.schedule == nil, step.timeZone != nil { reader.report(nil, at: "timeZone", "needs a schedule") }
        if step.reportsToKubernetes, step.namespace == nil, step.serviceAccount == nil {
            reader.report(
                nil, at: "namespace",
                "is missing; reports to Kubernetes need a ServiceAccount, whose binding names its namespace. Give "
                    + "namespace, or the serviceAccount of your own that may get and patch pods and create events")
        }
        if let timestamps = step.timestamps, timestamps.isEmpty {
            reader.report(nil, at: "timestamps", "expected iso, elapsed or a format")
        }
    }
}

/// What the API server, or the kubelet, would refuse of the fields that are handed on as they stand.
extension FieldReader {
    /// - Parameter problem: `nil` for a text that is fine.
    fileprivate mutating func check(_ name: String, _ problem: (String) -> String?) {
        guard let value = node(name), let text = value.text, let message = problem(text) else { return }
        report(value, at: name, message)
    }

    /// Variables have names, what they are taken from too; amounts can be read, and none is beyond its limit.
    fileprivate mutating func checkContainer() {
        for (index, variable) in list("env").enumerated() {
            let name = variable["name"]?.text ?? ""
            if name.isEmpty || name.contains("=") {
                report(variable, at: "env[\(index)].name", "expected a variable's name, found \u{201C}\(name)\u{201D}")
            }
        }
        for (index, source) in list("envFrom").enumerated() {
            for kind in ["secretRef", "configMapRef"] {
                guard let node = source[kind]?["name"], let name = node.text,
                    let problem = ObjectName.problem(ofSubdomain: name)
                else { continue }
                report(node, at: "envFrom[\(index)].\(kind).name", problem)
            }
        }
        guard let resources = node("resources") else { return }
        let requests = amounts(resources, "requests")
        let limits = amounts(resources, "limits")
        for (name, request) in requests.sorted(by: { $0.key < $1.key }) {
            guard let limit = limits[name], limit.amount < request.amount else { continue }
            report(request.node, at: "resources.requests.\(name)", "is more than its limit")
        }
    }

    private mutating func amounts(_ resources: YAMLNode, _ field: String) -> [String: Amount] {
        var amounts: [String: Amount] = [:]
        for pair in resources[field]?.mapping?.pairs ?? [] {
            if let amount = pair.value.text.flatMap({ Quantity($0) }) {
                amounts[pair.key] = Amount(node: pair.value, amount: amount)
            } else {
                report(
                    pair.value, at: "resources.\(field).\(pair.key)",
                    "expected an amount such as 500m or 4Gi, found \u{201C}\(pair.value.text ?? "")\u{201D}")
            }
        }
        return amounts
    }

    private struct Amount {
        let node: YAMLNode
        let amount: Quantity
    }
}

/// When a CronJob runs, as its controller reads it (robfig/cron's standard parser): five fields, or a word.
enum CronSchedule {
    private static let words = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"]
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
    private static let fields: [(name: String, range: ClosedRange<Int>, names: [String])] = [
        ("minute", 0...59, []), ("hour", 0...23, []), ("day of the month", 1...31, []), ("month", 1...12, months),
        ("day of the week", 0...6, days),
    ]

    /// `nil` for a schedule that is fine.
    static func problem(_ text: String) -> String? {
        if text.contains("TZ") { return "expected no time zone in it: that is the field timeZone's" }
        if text.hasPrefix("@") {
            if words.contains(text) { return nil }
            if text.hasPrefix("@every "), DurationText.milliseconds(String(text.dropFirst(7))) != nil { return nil }
            return "expected one of \(words.joined(separator: ", ")) or @every 1h30m, found \u{201C}\(text)\u{201D}"
        }
        let parts = text.split(whereSeparator: \.isWhitespace)
        guard parts.count == fields.count else {
            return "expected five fields, as in \"0 3 * * *\", found \u{201C}\(text)\u{201D}"
        }
        for (part, field) in zip(parts, fields) where !isFine(part, field.range, field.names) {
            let names = field.names.first.map { first in " or names such as \(first)" } ?? ""
            return
                "the \(field.name) expects numbers from \(field.range.lowerBound) to \(field.range.upperBound)\(names), *, "
                + "ranges and steps such as */5, found \u{201C}\(part)\u{201D}"
        }
        return nil
    }

    /// `*`, `1-5`, `*/15`, `mon,wed`.
    private static func isFine(_ text: Substring, _ range: ClosedRange<Int>, _ names: [String]) -> Bool {
        text.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { expression in
            let parts = expression.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let first = parts.first else { return false }
            if parts.count == 2, number(parts[1]).map({ $0 > 0 }) != true { return false }
            let ends = first.split(separator: "-", omittingEmptySubsequences: false)
            if ends.count == 1, ends[0] == "*" || ends[0] == "?" { return true }
            let numbers = ends.compactMap { end in
                names.firstIndex(of: end.lowercased()).map { $0 + range.lowerBound } ?? number(end)
            }
            guard (1...2).contains(ends.count), numbers.count == ends.count, let low = numbers.first,
                let high = numbers.last
            else { return false }
            return low <= high && range.contains(low) && range.contains(high)
        }
    }

    private static func number(_ text: Substring) -> Int? { text.allSatisfy(\.isNumber) ? Int(text) : nil }
}
