import WorkdirProtocol

/// A command line, understood.
package enum EntrypointCommand: Sendable, Equatable {
    case run(RunOptions)
    /// postStart: the main container has started.
    case hookStarted(workdir: String)
    case probe(ProbeKind, workdir: String)
    /// Copies this program into a folder.
    case install(folder: String)
    case help(HelpTopic)
    case version
}

/// What a probe asks for.
package enum ProbeKind: Sendable, Equatable, CaseIterable {
    case ready
    case started
    case healthy

    var name: String {
        switch self {
        case .ready: WorkdirPath.ready
        case .started: WorkdirPath.started
        case .healthy: WorkdirPath.healthy
        }
    }
}

/// A command line that is wrong: one line that says how.
package struct UsageError: Error, Sendable, Equatable {
    package var message: String
}

/// What `run` was asked to do.
package struct RunOptions: Sendable, Equatable {
    package var workdir: String
    /// Milliseconds; nil: the command may be silent for ever.
    package var noOutputTimeout: Int64?
    package var timestamps: TimestampFormat?
    package var awaitsOutputs = false
    /// Where the command starts; nil: where the entrypoint was started.
    package var folder: String?
    package var command: [String] = []
}
