import WorkdirProtocol

/// One try of the main container, as its entrypoint describes it.
package struct MainAttempt: Sendable, Equatable, Codable {
    package enum Phase: String, Sendable, Codable {
        case waiting, running, ended
    }

    /// From 1; each restart of the container is a new try.
    package var number: Int
    package var phase: Phase
    package var exitCode: Int32?
    /// The signal that ended the program.
    package var signal: Int32?
    /// Why the entrypoint itself ended the program, such as `NoOutput`.
    package var reason: String?
    /// What the entrypoint tells people of the end.
    package var message: String?
    /// The program's process as its own container numbers it.
    package var processID: Int32?

    package init(
        number: Int, phase: Phase, exitCode: Int32? = nil, signal: Int32? = nil, reason: String? = nil,
        message: String? = nil, processID: Int32? = nil
    ) {
        self.number = number
        self.phase = phase
        self.processID = processID
        self.exitCode = exitCode
        self.signal = signal
        self.reason = reason
        self.message = message
    }

    /// Whether the entrypoint went on from waiting to starting its program.
    var hasBegun: Bool { reason != EndReason.cancelled && reason != EndReason.initializationFailed }
}

/// The `done` marker as found.
package struct DoneMarker: Sendable, Equatable, Codable {
    /// The try it ends; `nil` where main's own program wrote an empty file.
    package var attempt: Int?
    /// Tells a marker from an earlier one at the same path: inode and time of change.
    package var identity: String

    package init(attempt: Int?, identity: String) {
        self.attempt = attempt
        self.identity = identity
    }
}
