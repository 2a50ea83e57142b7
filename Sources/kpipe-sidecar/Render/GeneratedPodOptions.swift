import ArgumentParser
import Conversion
import Render
import YAMLTree

/// What `render hkube` and `render flyte` have in common.
struct GeneratedPodOptions: ParsableArguments {
    @Argument(help: "The document as YAML or JSON, or - for standard input.") var file = "-"
    @Option(help: "What to write: pod-spec, pod or job.", transform: form) var kind = GeneratedPod.Form.podSpec
    @Option(help: "The name of the Pod or Job; else the document's.") var name: String?
    @Flag(help: "For clusters before 1.29: ordinary containers with a terminator's marker.") var legacy = false
    @Option(name: [.customShort("o"), .long], help: "yaml or json.") var format = ManifestFormat.yaml
    @Flag(name: [.customShort("v"), .long], help: "Show notes too.") var verbose = false

    private static func form(_ text: String) throws -> GeneratedPod.Form {
        guard let form = GeneratedPod.Form(rawValue: text) else {
            throw ValidationError("--kind is pod-spec, pod or job, not \(text).")
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
