import ArgumentParser
import Conversion
import Render

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
            RenderConvertCommand.self, RenderJobCommand.self, RenderHKubeCommand.self, RenderFlyteCommand.self,
            RenderFunctionCommand.self, RenderInstallCommand.self, RenderRulesCommand.self,
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

    func run() { print(RuleReference.markdown, terminator: "") }
}
