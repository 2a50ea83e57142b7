import ArgumentParser
import Render

/// `render flyte`: a sidecar task's pod.
struct RenderFlyteCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "flyte", abstract: "Makes the pod of a Flyte sidecar task.",
        discussion: """
            The task is a document with the SDK's keywords: pod_spec (as JSON has it or as protobuf nests it), \
            primary_container_name, image, command, args, environment, cpu_request, memory_limit …, retries, timeout. \
            Helpers that run on become native sidecars. A helper that ends by itself stays a container, or with --one-shot \
            runs before main.

            EXAMPLES
              1. A Job:
                 kpipe-sidecar render flyte task.yaml --kind job --name hello | \\
                   kubectl apply -f -
              2. The helper writes a file and ends, before the task starts:
                 kpipe-sidecar render flyte task.yaml --one-shot secondary
            """)

    @OptionGroup var generated: GeneratedPodOptions
    @Option(help: "A helper that ends before main starts. May be repeated.") var oneShot: [String] = []
    @Option(help: "A helper that runs on, whatever its command looks like. May be repeated.") var sidecar: [String] = []

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        var task = FlyteTask()
        task.oneShots = Set(oneShot)
        task.sidecars = Set(sidecar)
        try generated.write { document throws(InputError) in try task.pod(document) }
    }
}
