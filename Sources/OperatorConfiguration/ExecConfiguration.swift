package import ConfigSchema
internal import PodRules
package import YAMLTree

/// `exec` of a sidecar or a marker: the rung `exec` in other words than SIGTERM.
package struct ExecConfiguration: Sendable, Equatable {
    package var signal = Signal.terminate
    package var command: [String] = []
    package var exitsWithZero = false

    package init() {}

    package enum Signal: String, Sendable, CaseIterable {
        case terminate = "TERM"
        case interrupt = "INT"
        case quit = "QUIT"
        case hangUp = "HUP"
        case first = "USR1"
        case second = "USR2"
    }

    var stop: ExecStop { ExecStop(signal: signal.rawValue, command: command, exitsWithZero: exitsWithZero) }
}

extension ExecConfiguration: Configurable {
    package static let fields: [Field<ExecConfiguration>] = [
        .optional("signal", \.signal, .choice, "The signal for process 1 of the container."),
        .optional(
            "command", \.command, Shape.text.list,
            "A command to run in the container instead, with its arguments; no shell is involved."),
        .optional(
            "exitsWithZero", \.exitsWithZero, .boolean,
            "The container exits with 0 after that, so that it does no harm."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        guard signal != .terminate, !command.isEmpty else { return }
        decoding.report("either a signal or a command", at: mark)
    }
}
