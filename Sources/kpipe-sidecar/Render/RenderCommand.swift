import ArgumentParser
import Render

/// Manifests in, manifests out.
struct RenderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render", abstract: "Turns manifests into better ones.",
        subcommands: [RenderConvertCommand.self, RenderRulesCommand.self])
}

/// Prints the reference that is checked in as `docs/rules.md`.
struct RenderRulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "Prints the reference of the rules in Markdown.", shouldDisplay: false)

    func run() { print(RuleReference.markdown, terminator: "") }
}
