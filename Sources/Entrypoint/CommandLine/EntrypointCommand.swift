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
