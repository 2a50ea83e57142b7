import ArgumentParser
import Render
import WorkdirProtocol

/// `render hkube`: an algorithm's pod.
struct RenderHKubeCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "hkube", abstract: "Makes the pod of an HKube algorithm with sideCars.",
        discussion: """
            The main container is algorunner. Sidecars become native ones; with --legacy they stay beside it, marked for \
            a terminator. Volumes that are equal are one; two that differ under one name are refused.

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
    @Option(help: "Of sidecars that name none, as in cpu=100m,memory=128Mi; none leaves them without.")
    var defaultResources: String?

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        var algorithm = HKubeAlgorithm()
        algorithm.image = image
        if let defaultResources { algorithm.resources = try Self.resources(defaultResources) }
        try generated.write { document throws(InputError) in try algorithm.pod(document) }
    }

    private static func resources(_ text: String) throws -> Manifest? {
        if text == "none" { return nil }
        return .map(
            try text.split(separator: ",").map { entry in
                let parts = entry.split(separator: "=", maxSplits: 1)
                guard parts.count == 2 else {
                    throw CommandFailure(.usage, "--default-resources expects cpu=100m,memory=128Mi or none")
                }
                return Manifest.Field(String(parts[0]), .text(String(parts[1])))
            })
    }
}
