internal import KubeClient
public import KubeModel

/// How a request of a watch went wrong, as far as it decides what happens next.
public enum WatchFailure: Sendable, Equatable {
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

    public var words: String {
        switch self {
        case .status(let status): "HTTP \(status.code) \(status.reason): \(status.message)"
        case .connection(let text), .garbled(let text): text
        }
    }
}
