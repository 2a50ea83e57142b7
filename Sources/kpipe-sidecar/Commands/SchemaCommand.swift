import ArgumentParser
import OperatorConfiguration
import SidecarAgent
import Terminator

/// Prints the JSON Schemas that are checked in under `docs/schema`.
struct SchemaCommand: ParsableCommand, LoggedCommand {
    enum Document: String, ExpressibleByArgument, CaseIterable {
        case agent, terminator
    }

    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Prints the JSON Schema of a configuration.",
        discussion: """
            EXAMPLES
              kpipe-sidecar schema agent > docs/schema/agent-config.schema.json
            """,
        shouldDisplay: false)

    @Argument(help: "Which: \(Document.allCases.map(\.rawValue).joined(separator: ", ")).")
    var document: Document

    @OptionGroup var logging: LoggingOptions

    func run() {
        switch document {
        case .agent: print(AgentConfigurationSchema.text, terminator: "")
        case .terminator: print(TerminatorConfigurationSchema.text, terminator: "")
        }
    }
}
