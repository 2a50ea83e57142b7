import Basics

/// What the agent asks the entrypoint to sample, in the file `WorkdirPath.monitor`: `interval=10`.
package struct MonitorRequest: Sendable, Equatable {
    /// Seconds between two samples; at least 1.
    package var interval: Int
    package var scope: UsageScope

    package init(interval: Int, scope: UsageScope = .container) {
        self.interval = max(1, interval)
        self.scope = scope
    }

    /// Reads what `text` wrote; nil without a valid interval.
    package init?(parsing bytes: some Collection<UInt8>) {
        var interval: Int?
        var scope = UsageScope.container
        KeyValueLines.forEach(in: bytes) { key, value in
            if Self.intervalKey.isIdentical(to: key) { interval = Int(ascii: value) }
            if Self.scopeKey.isIdentical(to: key), UsageScope.processes.name.isIdentical(to: value) {
                scope = .processes
            }
        }
        guard let interval, interval > 0, interval <= Self.longestInterval else { return nil }
        self.interval = interval
        self.scope = scope
    }

    /// The file's content.
    package var text: String {
        "\(Self.intervalKey)=\(interval)\n" + (scope == .container ? "" : "\(Self.scopeKey)=\(scope.name)\n")
    }

    private static let intervalKey = "interval"
    private static let scopeKey = "scope"
    package static let longestInterval = 86_400
}

/// Whose use of resources is told.
package enum UsageScope: Sendable, Equatable {
    /// A container's: all of its control group.
    case container
    /// That of single processes and what they started, where the control group holds others as well: a step that runs
    /// on a machine as it is.
    case processes

    package var name: String {
        switch self {
        case .container: "container"
        case .processes: "processes"
        }
    }
}
