package import Transfer

/// What an agent does, for whoever shows it to a person.
package enum AgentEvent: Sendable {
    package enum Direction: String, Sendable {
        case input, output
    }

    case report(StateReport)
    case transfer(Direction, TransferEvent)
    /// All inputs, or all outputs, are through.
    case transferred(Direction, TransferReport)
    case manifest(url: String)
    case note(String)
    /// Something that did not work and is not the step's failure.
    case warning(String)
}
