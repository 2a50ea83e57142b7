/// What `render hkube` and `render flyte` say about the documents that they read.
extension Rule {
    package static let overridden = Rule(
        id: "KS201", severity: .warning, title: "The task overrides a field of the primary container",
        explanation: """
            Flyte writes image, command, args, resources and the named variables of the primary container from the task \
            itself; what the pod spec has there means nothing.
            """,
        evidence: "Flyte's documentation of sidecar tasks")

    package static let primaryCreated = Rule(
        id: "KS202", severity: .note, title: "The primary container was created",
        explanation: "The pod spec has no container of that name; Flyte adds one that runs the task.",
        evidence: "Flyte's documentation of sidecar tasks")

    package static let oneShot = Rule(
        id: "KS203", severity: .warning, title: "A helper ends by itself and stays a container",
        explanation: """
            As native sidecar it would be started again and again. `--one-shot NAME` makes it an ordinary init \
            container, which ends before main starts; `--sidecar NAME` says that it runs on.
            """,
        evidence: "KEP-753; Flyte's own example writes one file and ends")

    package static let noImage = Rule(
        id: "KS204", severity: .warning, title: "The main container has no image",
        explanation: "The document names none. Give it with `--image`, or fill it in where the pod spec is used.",
        evidence: "HKube's documentation of sidecars: its examples have the sideCars alone")

    package static let defaultResources = Rule(
        id: "KS205", severity: .note, title: "A sidecar got the default resources",
        explanation: """
            HKube fills in config.resources.sideCar (0.1 CPU, 128Mi) where a container names none; \
            `--default-resources` changes them.
            """,
        evidence: "HKube's documentation of sidecars; task-executor")

    package static let generators: [Rule] = [.overridden, .primaryCreated, .oneShot, .noImage, .defaultResources]
}
