internal import KubeClient
internal import KubeModel

/// How a request of a watch went wrong, as far as it decides what happens next.
enum WatchFailure: Sendable, Equatable {
    /// The server said no: as the answer's status, or as an `ERROR` event.
    case status(APIStatus)
    /// No answer, or one that broke off.
    case connection(String)
    /// An answer that is not what the API promises.
    case garbled(String)

    init(_ error: KubeError) {
        switch error.reason {
        case .status(let status): self = .status(status)
        case .malformed: self = .garbled(error.description)
        case .transport, .configuration, .credentials, .cancelled: self = .connection(error.description)
        }
    }

    /// The version asked for has been compacted away.
    var isExpired: Bool {
        guard case .status(let status) = self else { return false }
        return status.code == 410 || status.reason == "Expired" || status.reason == "Gone"
    }

    /// The server has not got as far as the version asked for: a replica that lags behind, or an etcd restored from a
    /// backup.
    var isTooLargeVersion: Bool {
        guard case .status(let status) = self else { return false }
        return status.causes.contains { $0.reason == "ResourceVersionTooLarge" }
            || status.code == 504 && status.message.contains("Too large resource version")
    }

    /// The server does not know what was asked for: an older one's way to refuse `sendInitialEvents`.
    var isRefusal: Bool {
        guard case .status(let status) = self else { return false }
        return status.code == 400 || status.code == 422
    }

    var retryAfter: Duration? {
        guard case .status(let status) = self else { return nil }
        return status.retryAfterSeconds.map { .seconds($0) }
    }

    var words: String {
        switch self {
        case .status(let status): "HTTP \(status.code) \(status.reason): \(status.message)"
        case .connection(let text), .garbled(let text): text
        }
    }
}

/// What happened to a watch that is counted or logged.
enum WatchNote: Sendable, Equatable {
    /// The watch goes on from where it was, on a new request.
    case reopened
    /// The whole state is listed again.
    case relisting(Reason)
    /// Something went wrong; asked again after the delay.
    case failed(WatchFailure, retryIn: Duration)
    /// The server does not stream the initial state; it is read in pages.
    case streamingUnavailable(WatchFailure)
    /// Nothing was heard for so long that the connection was given up.
    case silent

    enum Reason: String, Sendable {
        /// The version was compacted away: the ordinary cause.
        case expired
        /// The server is behind what was already seen.
        case versionTooLarge
        /// What came was not what the API promises.
        case garbled
        /// An object or bookmark without a version.
        case noVersion
        /// An event older than the one before.
        case outOfOrder
        /// Somebody asked for it.
        case requested
    }

    /// Why the watch has stopped, in words; `nil` where it has not.
    var trouble: String? {
        switch self {
        case .failed(let failure, _): failure.words
        case .silent: "the watch stalled"
        case .reopened, .relisting, .streamingUnavailable: nil
        }
    }
}

/// How long to wait before asking again: client-go's reflector's rule. 0.8 s, doubled up to 30 s, each stretched by up to
/// as much again, so that a thousand clients do not come back together; from the start again after two calm minutes.
struct WatchBackoff: Sendable, Equatable {
    private static let first = Duration.milliseconds(800)
    private static let longest = Duration.seconds(30)
    private static let calm = Duration.seconds(120)

    private var next = Self.first
    private var last: Duration?

    /// - Parameter fraction: random, in 0 ..< 1.
    mutating func delay(at now: Duration, fraction: Double) -> Duration {
        if let last, now - last > Self.calm { next = Self.first }
        last = now
        defer { next = min(next * 2, Self.longest) }
        return next * (1 + fraction)
    }
}
