import WorkdirProtocol

/// A command line, understood.
public enum EntrypointCommand: Sendable, Equatable {
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
public enum ProbeKind: Sendable, Equatable, CaseIterable {
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
public struct UsageError: Error, Sendable, Equatable {
    public var message: String
}
