import WorkdirProtocol

/// One try of the main container, as its entrypoint describes it.
public struct MainAttempt: Sendable, Equatable, Codable {
    public enum Phase: String, Sendable, Codable {
        case waiting, running, ended
    }

    /// From 1; each restart of the container is a new try.
    public var number: Int
    public var phase: Phase
    public var exitCode: Int32?
    /// The signal that ended the program.
    public var signal: Int32?
    /// Why the entrypoint itself ended the program, such as `NoOutput`.
    public var reason: String?
    /// What the entrypoint tells people of the end.
    public var message: String?
    /// The program's process as its own container numbers it.
    public var processID: Int32?

    public init(
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
public struct DoneMarker: Sendable, Equatable, Codable {
    /// The try it ends; `nil` where main's own program wrote an empty file.
    public var attempt: Int?
    /// Tells a marker from an earlier one at the same path: inode and time of change.
    public var identity: String

    public init(attempt: Int?, identity: String) {
        self.attempt = attempt
        self.identity = identity
    }
}
