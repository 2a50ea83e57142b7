import ArgumentParser
import Conversion
import Render
import WorkdirProtocol
import YAMLTree

/// `render explain`: what a conversion means for a pod, before anybody applies it.
struct RenderExplainCommand: ParsableCommand, LoggedCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, svg
    }

    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Shows how pods start, run and end, today and with native sidecars.",
        discussion: """
            For each pod of a manifest: who starts when and what waits for it, who is told to end when, and what becomes of \
            the pod and its Job when main succeeds, fails or is killed, when a sidecar crashes or cannot start, and when the \
            pod is deleted.

            EXAMPLES
              1. kpipe-sidecar render explain job.yaml
              2. For a review:
                 kpipe-sidecar render explain --sidecar proxy -o svg \\
                   --output-file job.svg job.yaml

            EXIT CODES
              0 done   64 usage   65 bad input, or no pod in it
            """)

    @Argument(help: "A file, or - for standard input.")
    var file = "-"

    @OptionGroup var conversion: ConversionArguments

    @Option(name: .output, help: "A text or a drawing.")
    var output = Format.text

    @Option(help: ArgumentHelp("Write it here.", valueName: "file"), completion: .file())
    var outputFile: String?

    @OptionGroup var logging: LoggingOptions

    func validate() throws { try conversion.requireNative() }

    func run() throws {
        let name = GeneratorInput.name(file)
        let bytes = try GeneratorInput.bytes(file, limit: StreamConverter.limits.bytes)
        let explanations = try GeneratorInput.reporting(file) { try PodExplanation.all(in: bytes, conversion.options) }
        guard !explanations.isEmpty else { throw CommandFailure(.data, "\(name): no pod was found in it") }
        let text =
            switch output {
            case .text: ExplanationText.text(explanations, file: name) + "\n" + ExplanationText.legend
            case .svg: ExplanationDrawing.svg(explanations)
            }
        try GeneratorInput.write(Array(text.utf8), to: outputFile)
    }
}
