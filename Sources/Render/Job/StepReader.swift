package import YAMLTree

/// Reads a step's document; what is wrong with it is said in one go.
package enum StepReader {
    /// Fields of the agent's configuration, which the agent's own reader checks.
    package static let configurationFields = ["inputs", "outputs", "state", "monitor", "transfer"]
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
        step.labels = reader.pairs("labels").map { .init($0.key, Manifest($0.value)) }
        step.annotations = reader.pairs("annotations").map { .init($0.key, Manifest($0.value)) }
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
        agent.resources = inner.manifest("resources") ?? agent.resources
        agent.container = inner.manifests(agentFields)
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
        if let schedule = step.schedule, !schedule.hasPrefix("@"), schedule.split(separator: " ").count != 5 {
            reader.report(
                nil, at: "schedule", "expected five fields, as in \"0 3 * * *\", found \u{201C}\(schedule)\u{201D}")
        }
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
