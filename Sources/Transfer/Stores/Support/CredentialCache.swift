internal import Glibc
internal import Synchronization

/// Seconds since 1970. Injected wherever signatures or expiries depend on it.
typealias EpochClock = @Sendable () -> Int64

let systemEpochClock: EpochClock = { Int64(time(nil)) }

/// Keeps credentials until shortly before they expire. However many requests ask, one fetch is under way at a time;
/// credentials that are still good are used when fetching new ones fails.
final class CredentialCache: Sendable {
    /// New ones are fetched this long before the old ones end, plus jitter, so that the pods of one job do not all ask
    /// at once.
    static let lead: Int64 = 300
    static let maximumJitter: Int64 = 60
    /// After a failed refresh the still valid credentials are used this long before the next attempt.
    static let pause: Int64 = 15

    private struct State {
        var current: AWSCredentials?
        var refreshAt = Int64.min
        var fetching = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        /// Counts fetches, so that those who waited for one take its failure as their own.
        var round = 0
        var failure: TransferError?
    }

    private enum Turn {
        case use(AWSCredentials)
        case fetch
        case wait(round: Int)
    }

    private let source: any CredentialSource
    private let now: EpochClock
    private let jitter: @Sendable () -> Int64
    private let state = Mutex(State())

    init(
        _ source: any CredentialSource, now: @escaping EpochClock = systemEpochClock,
        jitter: @escaping @Sendable () -> Int64 = { .random(in: 0...CredentialCache.maximumJitter) }
    ) {
        self.source = source
        self.now = now
        self.jitter = jitter
    }

    /// Throws `.credentials` where no source has any.
    func credentials() async throws(TransferError) -> AWSCredentials {
        while true {
            switch takeTurn() {
            case .use(let credentials): return credentials
            case .fetch: return try await fetch()
            case .wait(let round):
                await turn(after: round)
                if Task.isCancelled { throw Self.cancelled }
                let failure = state.withLock { $0.round == round + 1 && !$0.fetching ? $0.failure : nil }
                if let failure, failure.reason != .cancelled { throw failure }
            }
        }
    }

    /// The store refused these: the next caller fetches anew, unless that has happened meanwhile.
    func reject(_ credentials: AWSCredentials) {
        state.withLock { if $0.current == credentials { $0.current = nil } }
    }

    private func takeTurn() -> Turn {
        let now = now()
        return state.withLock { state in
            if let current = state.current {
                let usable = current.expiration.map { now < $0 } ?? true
                if usable, now < state.refreshAt || state.fetching { return .use(current) }
            }
            if state.fetching { return .wait(round: state.round) }
            state.fetching = true
            return .fetch
        }
    }

    private func fetch() async throws(TransferError) -> AWSCredentials {
        let result: Result<AWSCredentials?, TransferError>
        do { result = .success(try await source.fetch()) } catch { result = .failure(error) }
        let now = now()
        let jitter = jitter()
        let (outcome, waiting) = state.withLock { state in
            let outcome = Self.settle(&state, result, now: now, jitter: jitter)
            state.fetching = false
            state.round += 1
            if case .failure(let error) = outcome { state.failure = error } else { state.failure = nil }
            defer { state.waiting = [:] }
            return (outcome, state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
        return try outcome.get()
    }

    private static func settle(
        _ state: inout State, _ result: Result<AWSCredentials?, TransferError>, now: Int64, jitter: Int64
    ) -> Result<AWSCredentials, TransferError> {
        if case .success(let fetched?) = result {
            state.current = fetched
            state.refreshAt =
                fetched.expiration.map { expiration in
                    // Credentials that live shortly are fetched anew in the last tenth of their life.
                    expiration - min(lead + jitter, max(1, (expiration - now) / 10))
                } ?? .max
            return .success(fetched)
        }
        if let current = state.current, let expiration = current.expiration, now < expiration {
            state.refreshAt = now + pause
            return .success(current)
        }
        state.current = nil
        if case .failure(let error) = result { return .failure(error) }
        return .failure(
            TransferError(
                object: "s3://", reason: .credentials, message: "no AWS credentials were found",
                hint: "give the pod a role (web identity), set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or read a "
                    + "public bucket with --no-sign-request"))
    }

    /// Returns when the fetch under way has ended or the caller is cancelled.
    private func turn(after round: Int) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let over = state.withLock { state in
                    if Task.isCancelled || !state.fetching || state.round != round { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if over { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiting.removeValue(forKey: id) }?.resume()
        }
    }

    private static let cancelled = TransferError(object: "s3://", reason: .cancelled, message: "cancelled")
}
