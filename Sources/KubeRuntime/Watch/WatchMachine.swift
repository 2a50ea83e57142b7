internal import Basics
internal import KubeModel

/// Follows the state of one kind of objects: reads all of it, then every change, and starts over where that fails.
///
/// The rules are those of client-go's `Reflector`, with kube-rs' `watcher` beside it:
///
/// - The initial state is streamed where the server can (`sendInitialEvents`) and read in pages where not. Whatever was
///   known and is missing in it is gone.
/// - A watch that ends goes on from the last version seen; only where the server no longer has that version, or where
///   what it says makes no sense, is everything read again.
/// - The server is asked at most once a second, however things go wrong, pages that follow each other excepted.
///
/// A value: it awaits nothing and reads no clock. Each input carries the time; the seed decides what is random.
struct WatchMachine: Sendable {
    enum Input: Sendable {
        case start
        /// The delay of a `wait` is over.
        case timer
        /// A 2xx answer has begun.
        case opened
        /// A page was read to its end; its items were stored.
        case pageEnd(ListMetadata)
        case change(WatchFrame.Change, version: String)
        case bookmark(version: String, endsInitialEvents: Bool)
        /// The answer ended as answers end.
        case ended
        case failed(WatchFailure)
        /// Nothing has arrived for `silenceLimit`.
        case silent
        /// Somebody wants everything to be read again.
        case relist
    }

    enum Effect: Sendable, Equatable {
        /// Ask this; whatever else is still open is dropped.
        case request(WatchRequest)
        /// Drop what is open, and come back with `timer`.
        case wait(Duration)
        /// What is stored from now on is part of the whole state.
        case beginReplacing
        /// The whole state has been stored: what was not among it is gone.
        case endReplacing
        /// Keep the object of this change.
        case store
        /// Forget the object of this change.
        case remove
        case note(WatchNote)
    }

    private static let pageLimit = 500
    /// At most one request in this time.
    private static let pace = Duration.seconds(1)
    /// A `Retry-After` beyond this is not believed.
    private static let longestAskedDelay = Duration.seconds(60)
    /// How often a streamed or paged initial state may break off, or a version be too large, before the other way is
    /// tried.
    static let patience = 2

    /// While the initial state streams.
    static let shortestSilence = Duration.seconds(60)
    private static let bookmarkSilence = Duration.seconds(180)

    private enum Step: Sendable, Equatable {
        case list
        case page(limit: Int, continueToken: String)
        case watch
    }

    private enum Phase: Sendable, Equatable {
        case idle
        case waiting(Step)
        case listing(limit: Int, continueToken: String)
        case initialEvents
        case watching
    }

    private var phase = Phase.idle
    /// The newest version seen; empty before the first whole state.
    private(set) var version = ""
    /// The version of a list's first page, which all its pages show.
    private var listVersion = ""
    private var brokenStreams = 0
    private var tooLarge = 0
    private var sawBookmark = false
    /// The last request was answered.
    private var isOpen = false
    private var timeout = Duration.zero
    private var lastRequest: Duration?
    private var backoff = WatchBackoff()
    private var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// How long nothing may arrive before the connection counts as dead; `nil` where the transport itself watches.
    ///
    /// The server ends a watch after the time it was told. Once it has sent a bookmark, it can be relied upon to send
    /// one a minute, and a dead connection is noticed sooner.
    var silenceLimit: Duration? {
        switch phase {
        case .idle, .waiting, .listing: nil
        case .initialEvents: Self.shortestSilence
        case .watching: sawBookmark ? Self.bookmarkSilence : timeout + .seconds(10)
        }
    }

    mutating func handle(_ input: Input, at now: Duration) -> [Effect] {
        switch (input, phase) {
        case (.start, .idle): return perform(.list, at: now)
        case (.timer, .waiting(let step)): return perform(step, at: now)
        case (.opened, _):
            isOpen = true
            return []
        case (.start, _), (.timer, _), (_, .idle): return []
        case (.relist, _): return relist(.requested, at: now)
        case (_, .waiting): return []
        case (.pageEnd(let page), .listing): return pageEnd(page, at: now)
        case (.change(let change, let version), .initialEvents): return initial(change, version, at: now)
        case (.change(let change, let version), .watching): return follow(change, version, at: now)
        case (.bookmark(let version, let isEnd), .initialEvents): return initialBookmark(version, isEnd, at: now)
        case (.bookmark(let version, _), .watching): return bookmark(version, at: now)
        case (.ended, .watching): return ended(at: now)
        case (.ended, _): return failed(.connection("the answer ended early"), at: now)
        case (.silent, _): return [.note(.silent)] + failed(.connection("nothing arrived for too long"), at: now)
        case (.failed(let failure), _): return failed(failure, at: now)
        case (.pageEnd, _), (.change, _), (.bookmark, _): return []
        }
    }

    // MARK: Asking

    private mutating func perform(_ step: Step, at now: Duration) -> [Effect] {
        lastRequest = now
        sawBookmark = false
        isOpen = false
        timeout = .seconds(Int(random.next() % 301) + 300)
        switch step {
        case .list:
            listVersion = ""
            guard brokenStreams < Self.patience else {
                return perform(.page(limit: Self.pageLimit, continueToken: ""), at: now)
            }
            phase = .initialEvents
            return [.beginReplacing, .request(.initialEvents(timeout: timeout))]
        case .page(let limit, let continueToken):
            phase = .listing(limit: limit, continueToken: continueToken)
            let request = Effect.request(.page(limit: limit, continueToken: continueToken))
            // A first page shows the state as it is now: what a part of an earlier one has brought may be gone since.
            return continueToken.isEmpty ? [.beginReplacing, request] : [request]
        case .watch:
            phase = .watching
            return [.request(.changes(after: version, timeout: timeout))]
        }
    }

    /// Comes back to `step` after the delay that repeated trouble deserves.
    private mutating func retry(_ step: Step, after asked: Duration? = nil, at now: Duration) -> (Effect, Duration) {
        let delay = max(
            backoff.delay(at: now, fraction: random.fraction()), pacing(at: now),
            min(asked ?? .zero, Self.longestAskedDelay))
        phase = .waiting(step)
        return (.wait(delay), delay)
    }

    private func pacing(at now: Duration) -> Duration { max(.zero, (lastRequest ?? now) + Self.pace - now) }

    private mutating func relist(_ reason: WatchNote.Reason, at now: Duration) -> [Effect] {
        // No trouble: nothing would be heard of any object while the delay grew. But no state would ever be whole if each was
        // begun anew a second later.
        guard reason == .requested, phase == .watching else {
            return [.note(.relisting(reason)), retry(.list, at: now).0]
        }
        phase = .waiting(.list)
        return [.note(.relisting(reason)), .wait(pacing(at: now))]
    }

    // MARK: The initial state

    private mutating func initial(_ change: WatchFrame.Change, _ version: String, at now: Duration) -> [Effect] {
        guard !version.isEmpty else { return relist(.noVersion, at: now) }
        return [change == .deleted ? .remove : .store]
    }

    private mutating func initialBookmark(_ version: String, _ isEnd: Bool, at now: Duration) -> [Effect] {
        guard isEnd else { return [] }
        guard !version.isEmpty else { return relist(.noVersion, at: now) }
        self.version = version
        brokenStreams = 0
        tooLarge = 0
        phase = .watching
        return [.endReplacing]
    }

    private mutating func pageEnd(_ page: ListMetadata, at now: Duration) -> [Effect] {
        if listVersion.isEmpty { listVersion = page.resourceVersion }
        guard page.continueToken.isEmpty else {
            return perform(.page(limit: Self.pageLimit, continueToken: page.continueToken), at: now)
        }
        guard !listVersion.isEmpty else { return relist(.noVersion, at: now) }
        (version, listVersion) = (listVersion, "")
        brokenStreams = 0
        tooLarge = 0
        return [.endReplacing] + perform(.watch, at: now)
    }

    // MARK: Changes

    private mutating func follow(_ change: WatchFrame.Change, _ version: String, at now: Duration) -> [Effect] {
        if let trouble = advance(to: version, at: now) { return trouble }
        return [change == .deleted ? .remove : .store]
    }

    private mutating func bookmark(_ version: String, at now: Duration) -> [Effect] {
        sawBookmark = true
        return advance(to: version, at: now) ?? []
    }

    private mutating func advance(to version: String, at now: Duration) -> [Effect]? {
        guard !version.isEmpty else { return relist(.noVersion, at: now) }
        guard !ResourceVersion.isOlder(version, than: self.version) else { return relist(.outOfOrder, at: now) }
        self.version = version
        tooLarge = 0
        return nil
    }

    /// Servers end watches as a matter of course. One that ended at once and brought nothing is treated as trouble.
    private mutating func ended(at now: Duration) -> [Effect] {
        guard let lastRequest, now - lastRequest >= Self.pace else {
            let (wait, _) = retry(.watch, at: now)
            return [.note(.reopened), wait]
        }
        return [.note(.reopened)] + perform(.watch, at: now)
    }

    // MARK: Trouble

    private mutating func failed(_ failure: WatchFailure, at now: Duration) -> [Effect] {
        switch phase {
        case .idle, .waiting: return []
        case .listing(let limit, let token): return listFailed(failure, limit, token, at: now)
        case .initialEvents: return streamFailed(failure, at: now)
        case .watching: return watchFailed(failure, at: now)
        }
    }

    private mutating func streamFailed(_ failure: WatchFailure, at now: Duration) -> [Effect] {
        if failure.isRefusal {
            return [.note(.streamingUnavailable(failure))]
                + perform(.page(limit: Self.pageLimit, continueToken: ""), at: now)
        }
        brokenStreams += 1
        return retrying(.list, failure, at: now)
    }

    private mutating func listFailed(
        _ failure: WatchFailure, _ limit: Int, _ token: String, at now: Duration
    ) -> [Effect] {
        // As client-go's pager: a list whose later pages are gone is read again, whole.
        if failure.isExpired, !token.isEmpty {
            listVersion = ""
            let (wait, _) = retry(.page(limit: 0, continueToken: ""), at: now)
            return [.note(.relisting(.expired)), wait]
        }
        // The same page again.
        return retrying(.page(limit: limit, continueToken: token), failure, at: now)
    }

    private mutating func watchFailed(_ failure: WatchFailure, at now: Duration) -> [Effect] {
        if failure.isExpired { return relist(.expired, at: now) }
        if case .garbled = failure { return [.note(.failed(failure, retryIn: .zero))] + relist(.garbled, at: now) }
        // Balancers cut what is quiet for half a minute, again and again: the delays of trouble would soon be as long as that.
        if case .connection = failure, isOpen, pacing(at: now) == .zero { return ended(at: now) }
        if failure.isTooLargeVersion {
            tooLarge += 1
            if tooLarge > Self.patience { return relist(.versionTooLarge, at: now) }
        }
        return retrying(.watch, failure, at: now)
    }

    private mutating func retrying(_ step: Step, _ failure: WatchFailure, at now: Duration) -> [Effect] {
        let (wait, delay) = retry(step, after: failure.retryAfter, at: now)
        return [.note(.failed(failure, retryIn: delay)), wait]
    }
}
