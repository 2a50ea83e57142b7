import ArgumentParser
import Conversion
import Render
import WorkdirProtocol
import YAMLTree

/// Manifests in, manifests out.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Turns manifests into better ones.",
        discussion: """
            EXAMPLES
              1. Show what would become native sidecars:
                 kpipe-sidecar render convert --diff -R manifests/
              2. As a filter:
                 kustomize build . | kpipe-sidecar render convert - | kubectl apply -f -
            """,
        subcommands: [
            RenderConvertCommand.self, RenderExplainCommand.self, RenderScanCommand.self, RenderJobCommand.self,
            RenderHKubeCommand.self, RenderFlyteCommand.self, RenderFunctionCommand.self, RenderInstallCommand.self,
            RenderRulesCommand.self,
        ])
}

/// Prints the reference that is checked in as `docs/rules.md`.
struct RenderRulesCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Prints the reference of the rules in Markdown.",
        discussion: """
            EXAMPLES
              kpipe-sidecar render rules > docs/rules.md
            """, shouldDisplay: false)

    @OptionGroup var logging: LoggingOptions

    func run() throws { try StandardOutput.write(RuleReference.markdown) }
}

/// `render function`: the conversion for kustomize and kpt.
struct RenderFunctionCommand: ParsableCommand, LoggedCommand {
    static let configuration = CommandConfiguration(
        commandName: "function", abstract: "Converts the items of a ResourceList, as a KRM function.",
        discussion: """
            Reads a ResourceList (config.kubernetes.io/v1) from standard input and writes it with its items converted and \
            the findings as results. functionConfig.spec, or a ConfigMap's data, may hold sidecars, primary, detect, \
            kubeVersion, podSpecPaths and reverse, as the options of render convert.

            EXAMPLE
              In a transformer of a kustomization (--enable-alpha-plugins --enable-exec):
                metadata:
                  annotations:
                    config.kubernetes.io/function: |
                      exec: {path: kpipe-sidecar, args: [render, function]}

            EXIT CODES
              0 done   1 an item was refused and left as it was   65 bad input
            """)

    @OptionGroup var logging: LoggingOptions

    func run() throws {
        let bytes = try GeneratorInput.bytes("-", limit: StreamConverter.limits.bytes)
        let outcome = try GeneratorInput.reporting("-") { try ResourceFunction.run(bytes) }
        for diagnostic in outcome.diagnostics where diagnostic.rule.severity != .note {
            GeneratorInput.say(diagnostic, of: "-")
        }
        try StandardOutput.write(outcome.output)
        if outcome.failed { throw CommandFailure(status: 1, "") }
    }
}
