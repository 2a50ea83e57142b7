/// What happened to a watch that somebody may want to count or to be told of.
public enum WatchNote: Sendable, Equatable {
    /// The watch goes on from where it was, on a new request.
    case reopened
    /// The whole state is read again.
    case relisting(Reason)
    /// Something went wrong; asked again after the delay.
    case failed(WatchFailure, retryIn: Duration)
    /// The server does not stream the initial state; it is read in pages.
    case streamingUnavailable(WatchFailure)
    /// Nothing was heard for so long that the connection was given up.
    case silent

    public enum Reason: String, Sendable {
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

    /// Why the server is not being followed, in words; `nil` where it is.
    var trouble: String? {
        switch self {
        case .failed(let failure, _): failure.words
        case .silent: "the server has fallen silent"
        case .reopened, .relisting, .streamingUnavailable: nil
        }
    }
}
