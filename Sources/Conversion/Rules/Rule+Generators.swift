/// What `render hkube` and `render flyte` say about the documents that they read.
extension Rule {
    package static let overridden = Rule(
        id: "KS201", severity: .warning, title: "Something of the document is lost in the system's own pod",
        explanation: """
            Flyte takes image, command, args and resources of the primary container from the task itself; of variables that \
            both name the container's count. HKube keeps its own labels, mounts a volume once in a container, and passes \
            nothing but CPU and memory on of a sidecar's resources. The same is lost here; change the document.
            """,
        evidence: "flytekit's pod task; kube-HPC/hkube, task-executor/lib/jobs/jobCreator.js")

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
            HKube fills in config.resources.sideCar (0.1 CPU, 128Mi) where a container requests none, and makes limits of \
            twice what is requested; `--default-resources` and `--use-resource-limits` say otherwise.
            """,
        evidence: "kube-HPC/hkube, task-executor/lib/jobs/jobCreator.js")

    package static let generators: [Rule] = [.overridden, .primaryCreated, .oneShot, .noImage, .defaultResources]
}
