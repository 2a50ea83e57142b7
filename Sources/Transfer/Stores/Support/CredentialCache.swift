internal import Synchronization

/// What a store is shown to prove who asks.
protocol StoreCredential: Sendable, Equatable {
    /// Seconds since 1970; `nil` for what does not end.
    var expiration: Int64? { get }
}

/// Keeps credentials until shortly before they expire. However many requests ask, one fetch is under way at a time;
/// credentials that are still good are used when fetching new ones fails.
final class CredentialCache<Kept: StoreCredential>: Sendable {
    /// New ones are fetched this long before the old ones end, plus jitter, so that the pods of one job do not all ask
    /// at once.
    private static var lead: Int64 { 300 }
    private static var maximumJitter: Int64 { 60 }
    /// After a failed refresh the still valid credentials are used this long before the next attempt.
    static var pause: Int64 { 15 }

    private struct State {
        var current: Kept?
        var refreshAt = Int64.min
        var fetching = false
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
        /// Counts fetches, so that those who waited for one take its failure as their own.
        var round = 0
        var failure: TransferError?
    }

    private enum Turn {
        case use(Kept)
        case fetch
        case wait(round: Int)
    }

    /// What to say where nothing is to be had.
    private let missing: TransferError
    private let source: @Sendable () async throws(TransferError) -> Kept?
    private let now: EpochClock
    private let jitter: @Sendable () -> Int64
    private let state = Mutex(State())

    init(
        missing: TransferError, now: @escaping EpochClock = systemEpochClock,
        jitter: @escaping @Sendable () -> Int64 = { .random(in: 0...maximumJitter) },
        _ source: @escaping @Sendable () async throws(TransferError) -> Kept?
    ) {
        self.missing = missing
        self.source = source
        self.now = now
        self.jitter = jitter
    }

    /// Throws `.credentials` where no source has any.
    func credentials() async throws(TransferError) -> Kept {
        while true {
            switch takeTurn() {
            case .use(let credentials): return credentials
            case .fetch: return try await fetch()
            case .wait(let round):
                await turn(after: round)
                if Task.isCancelled { throw .cancelled(missing.object) }
                let failure = state.withLock { $0.round == round + 1 && !$0.fetching ? $0.failure : nil }
                if let failure, failure.reason != .cancelled { throw failure }
            }
        }
    }

    /// The store refused these: the next caller fetches anew, unless that has happened meanwhile.
    func reject(_ credentials: Kept) {
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

    private func fetch() async throws(TransferError) -> Kept {
        let result: Result<Kept?, TransferError>
        do { result = .success(try await source()) } catch { result = .failure(error) }
        let now = now()
        let jitter = jitter()
        let (outcome, waiting) = state.withLock { state in
            let outcome = settle(&state, result, now: now, jitter: jitter)
            state.fetching = false
            state.round += 1
            if case .failure(let error) = outcome { state.failure = error } else { state.failure = nil }
            defer { state.waiting = [:] }
            return (outcome, state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
        return try outcome.get()
    }

    private func settle(
        _ state: inout State, _ result: Result<Kept?, TransferError>, now: Int64, jitter: Int64
    ) -> Result<Kept, TransferError> {
        if case .success(let fetched?) = result {
            state.current = fetched
            state.refreshAt =
                fetched.expiration.map { expiration in
                    // Credentials that live shortly are fetched anew in the last tenth of their life.
                    expiration - min(Self.lead + jitter, max(1, (expiration - now) / 10))
                } ?? .max
            return .success(fetched)
        }
        if let current = state.current, let expiration = current.expiration, now < expiration {
            state.refreshAt = now + Self.pause
            return .success(current)
        }
        state.current = nil
        if case .failure(let error) = result { return .failure(error) }
        return .failure(missing)
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
}
