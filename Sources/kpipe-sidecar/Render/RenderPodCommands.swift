import ArgumentParser
import Conversion
import Render
import WorkdirProtocol
import YAMLTree

/// `render hkube`: an algorithm's pod.
struct RenderHKubeCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "hkube", abstract: "Makes the pod of an HKube algorithm with sideCars.",
        discussion: """
            The main container is algorunner, as HKube's task executor makes it: its amounts with limits of twice as much, \
            mounts, entry point, labels, affinity. HKube's worker is not in it. Sidecars become native ones; with --legacy \
            they stay beside it, marked for a terminator. Volumes that are equal are one; two that differ under one name \
            are refused.

            EXAMPLES
              1. A pod spec for a template of one's own:
                 kpipe-sidecar render hkube algorithm.json \\
                   --image registry.example/algorithm:1
              2. A Job:
                 kpipe-sidecar render hkube algorithm.json --kind job --name eval-7 | \\
                   kubectl apply -f -
            """)

    @OptionGroup var generated: GeneratedPodOptions
    @Option(help: "The image of algorunner; else the document's algorithmImage.") var image: String?
    @Option(help: "What sidecars request that name nothing, as in cpu=100m,memory=128Mi; none leaves them without.")
    var defaultResources: String?
    @Flag(help: "Limits are what is requested, as with HKube's USE_RESOURCE_LIMITS; else twice as much.")
    var useResourceLimits = false

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        var algorithm = HKubeAlgorithm()
        algorithm.image = image
        algorithm.usesResourceLimits = useResourceLimits
        if let defaultResources { algorithm.resources = try Self.resources(defaultResources) }
        try generated.write { document throws(InputError) in try algorithm.pod(document) }
    }

    private static func resources(_ text: String) throws -> ManifestValue? {
        if text == "none" { return nil }
        return .map(
            try text.split(separator: ",").map { entry in
                let parts = entry.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw CommandFailure(.usage, "--default-resources expects cpu=100m,memory=128Mi or none")
                }
                return ManifestValue.Field(String(parts[0]), .text(String(parts[1])))
            })
    }
}

/// `render flyte`: a sidecar task's pod.
struct RenderFlyteCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "flyte", abstract: "Makes the pod of a Flyte sidecar task.",
        discussion: """
            The task is a document with the SDK's keywords: pod_spec (as JSON has it or as protobuf nests it), \
            primary_container_name, image, command, args, environment, cpu_request, memory_limit …, interruptible, labels, \
            annotations, retries, timeout. What a cluster's Flyte adds is in the plugins.k8s of its configuration. Helpers that run on become native sidecars. A helper that ends by itself stays a container, or with --one-shot \
            runs before main.

            EXAMPLES
              1. A Job:
                 kpipe-sidecar render flyte task.yaml --kind job --name hello | \\
                   kubectl apply -f -
              2. The helper writes a file and ends, before the task starts:
                 kpipe-sidecar render flyte task.yaml --one-shot secondary
              3. With the tolerations, selectors and default resources of a cluster:
                 kpipe-sidecar render flyte task.yaml --flyte-config k8s.yaml
            """)

    @OptionGroup var generated: GeneratedPodOptions
    @Option(help: "Flyte's configuration with plugins.k8s; else what Flyte does by itself.") var flyteConfig: String?
    @Option(help: "A helper that ends before main starts. May be repeated.") var oneShot: [String] = []
    @Option(help: "A helper that runs on, whatever its command looks like. May be repeated.") var sidecar: [String] = []

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        var task = FlyteTask()
        task.oneShots = Set(oneShot)
        task.sidecars = Set(sidecar)
        if let flyteConfig {
            let document = try GeneratorInput.document(flyteConfig)
            task.cluster = try GeneratorInput.reporting(flyteConfig) { try FlyteCluster(document) }
        }
        try generated.write { document throws(InputError) in try task.pod(document) }
    }
}

/// What `render hkube` and `render flyte` have in common.
struct GeneratedPodOptions: ParsableArguments {
    @Argument(help: "The document as YAML or JSON, or - for standard input.") var file = "-"
    @Option(help: "What to write: \(forms).", transform: form) var kind = GeneratedPod.Form.podSpec
    @Option(help: "The name of the Pod or Job; else the document's.") var name: String?
    @Flag(help: "For clusters before 1.29: ordinary containers with a terminator's marker.") var legacy = false
    @Option(name: .output, help: "The output's format.") var format = ManifestFormat.yaml
    @Flag(name: [.customShort("v"), .long], help: "Show notes too.") var verbose = false

    private static let forms = GeneratedPod.Form.allCases.map(\.rawValue).joined(separator: ", ")

    private static func form(_ text: String) throws -> GeneratedPod.Form {
        guard let form = GeneratedPod.Form(rawValue: text) else {
            throw ValidationError("--kind is one of \(forms), not \(text).")
        }
        return form
    }

    func write(_ make: (YAMLNode) throws(InputError) -> GeneratedPod) throws {
        let document = try GeneratorInput.document(file)
        try GeneratorInput.reporting(file) {
            var pod = try make(document)
            pod.name = name ?? pod.name
            let (manifest, diagnostics) = try pod.rendered(as: kind, legacy: legacy)
            for diagnostic in diagnostics where verbose || diagnostic.rule.severity != .note {
                GeneratorInput.say(diagnostic, of: file)
            }
            try GeneratorInput.write([manifest], as: format)
        }
    }
}
