internal import Basics

/// Makes single requests with a store until one succeeds or `StoreRetries` says stop: the one place that repeats.
struct StoreRequests: Sendable {
    let gate: ConcurrencyGate
    let configuration: TransferConfiguration
    let meter: TransferMeter
    let onEvent: TransferEventHandler

    /// Runs `attempt` when the gate allows, and holds `bytes` of buffers meanwhile; `nil` begins at once and counts
    /// nowhere, for a request that waits for others. Where the next attempt `resumes` behind what was moved, one that got
    /// further starts the count of failures anew.
    /// - Parameter length: bytes that will move, where they are many.
    func run<Success: Sendable>(
        _ object: String, bytes: Int?, counting counter: (any PayloadCounter)? = nil, resumes: Bool = false,
        length: Int64 = 0, _ attempt: () async throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        var failures = 0
        while true {
            var place: ConcurrencyGate.Place?
            if let bytes { place = try await gate.enter(object, bytes: bytes, weight: weight(of: length)) }
            onEvent(.admitted(url: object))
            let before = counter?.movedBytes ?? 0
            do throws(TransferError) {
                let success = try await attempt()
                if let place {
                    await gate.leave(place, succeeded: true, latency: latency(since: place.began, counter))
                }
                return success
            } catch {
                if let place { await gate.leave(place) }
                if Task.isCancelled { throw .cancelled(object) }
                failures = resumes && (counter?.movedBytes ?? 0) > before ? 1 : failures + 1
                try await pause(after: failures, error, object, hasPlace: bytes != nil)
            }
        }
    }

    /// Gives what `plan` means in a place to `take`, with the path that it gets, until `take` says that it is enough; the next
    /// page is asked for meanwhile. Throws `.notFound` where nothing is meant, unless that is excused; the marker of a folder
    /// excuses nothing: somebody has made the folder, and nothing in it.
    func forEachObject(
        of place: ResolvedURL, _ plan: InputPlan, _ input: InputRequest,
        _ take: (ObjectInfo, String) async -> ListingStep
    ) async throws(TransferError) {
        var (found, isMarked) = (false, false)
        var page = try await page(of: place, plan, after: nil)
        while true {
            let token = page.next
            async let following = token == nil ? nil : listed(place, plan, token)
            for entry in page.leftOut where plan.destination(of: entry.key) != nil {
                onEvent(.note(path: place.url(of: entry.key), entry.why))
            }
            for object in page.objects {
                guard let destination = plan.destination(of: object.key) else { continue }
                switch await take(object, destination) {
                case .taken: found = true
                case .passed: isMarked = true
                case .stop: return
                }
            }
            guard let next = await following else { break }
            page = try next.get()
        }
        if !found, isMarked || !input.optional { throw .namesNothing(input.from, isMarked: isMarked) }
    }

    private func listed(_ place: ResolvedURL, _ plan: InputPlan, _ token: String?)
        async -> Result<ObjectPage, TransferError>
    {
        await Result { () async throws(TransferError) in try await page(of: place, plan, after: token) }
    }

    /// One page of what `plan` may mean in a place.
    func page(of place: ResolvedURL, _ plan: InputPlan, after token: String?) async throws(TransferError) -> ObjectPage
    {
        let prefix = plan.prefix
        let url = place.url(of: prefix)
        return try await run(url, bytes: 0) { () async throws(TransferError) in
            try await place.store.list(prefix: prefix, after: token, entering: { plan.reaches(into: $0) })
                .getting(on: token, of: url)
        }
    }

    /// Size and validators of one object.
    func stat(_ store: any ObjectStore, _ key: String, _ url: String) async throws(TransferError) -> ObjectInfo {
        try await run(url, bytes: 0) { () async throws(TransferError) in try await store.stat(key) }
    }

    /// Ends an upload that has failed, of which a process that is stopped has little time to be rid. `false` where parts of it
    /// may be left in the store, which is told.
    func abort(_ upload: any MultipartUpload, of path: String) async -> Bool {
        do throws(TransferError) { try await upload.abortAnyway() } catch {
            onEvent(.note(path: path, "parts of it may be left in the store: \(error)"))
            return false
        }
        return true
    }

    /// An object is begun anew.
    func tellRestart(_ error: TransferError, attempt: Int = 1) {
        meter.update { $0.retries += 1 }
        onEvent(.retrying(error, attempt: attempt, after: .zero))
    }

    /// A large one fills a connection for many round trips, and holds more buffers than its answer's.
    private func weight(of length: Int64) -> Int { length > Self.large ? configuration.largeWeight : 1 }

    private static let large: Int64 = 1 << 20

    /// Until the answer began. Of an upload that streams, the time is its body's and tells nothing.
    private func latency(since began: ContinuousClock.Instant, _ counter: (any PayloadCounter)?) -> Duration? {
        guard let counter else { return .now - began }
        return counter.answered.flatMap { $0 > began ? $0 - began : nil }
    }

    /// Returns when the request may be made again; throws when it may not.
    private func pause(after failures: Int, _ error: TransferError, _ object: String, hasPlace: Bool)
        async throws(TransferError)
    {
        let kind = StoreRetries.classify(error)
        guard kind == .transient || kind == .throttled else { throw error }
        guard failures < configuration.retry.attempts else {
            throw error.exhausted("after \(String(counting: failures, "try", "tries"))")
        }
        guard await gate.takeRetry(object) else {
            throw error.exhausted("because all transfers with its server together failed too often")
        }
        let pause = configuration.retry.pause(after: failures, error: error, random: .random(in: 0..<1))
        meter.update { $0.retries += 1 }
        onEvent(.retrying(error, attempt: failures, after: pause))
        if kind == .throttled { await gate.throttle(object, for: pause) }
        // Who comes through the gate waits there.
        if kind != .throttled || !hasPlace {
            do { try await Task.sleep(for: pause) } catch _ { throw .cancelled(error.object) }
        }
    }
}

/// What became of an object in a list.
enum ListingStep {
    case taken
    /// It is none, such as the marker of a folder.
    case passed
    case stop
}

/// Knows how much payload a request has moved so far.
protocol PayloadCounter: AnyObject {
    var movedBytes: Int64 { get }
    /// When the last answer began; `nil` where nobody looked.
    var answered: ContinuousClock.Instant? { get }
}

extension TransferError {
    /// The same failure, given up on: its cause stays the reason where that tells more than "exhausted".
    fileprivate func exhausted(_ why: String) -> TransferError {
        TransferError(object, .exhausted, "\(message); given up \(why)", hint: hint ?? "try again later")
    }
}

/// Whether and when a failed request is made again. Pure: time and randomness come from the caller.
package struct StoreRetries: Sendable, Equatable {
    /// Tries of one request, the first included.
    package var attempts: Int
    /// Upper bound of the first pause; doubles with each further try (full jitter: the pause is random below it).
    var base: Duration
    var cap: Duration
    /// How often an object is begun anew that changed between two reads, or came damaged.
    var restarts: Int
    /// Retries that all transfers with one server share; each success gives back a part of one (see `RetryBudget`).
    var budget: Int

    /// Whoever asks for a longer pause is asked again after this one, and told so.
    private static let longestRetryAfter = Duration.seconds(120)

    package init(
        attempts: Int = 8, base: Duration = .milliseconds(200), cap: Duration = .seconds(20), restarts: Int = 3,
        budget: Int = 200
    ) {
        self.attempts = attempts
        self.base = base
        self.cap = cap
        self.restarts = restarts
        self.budget = budget
    }

    enum Class: Sendable, Equatable {
        /// Will fail again: 403, 404, no space, a wrong digest.
        case permanent
        /// This request may succeed when repeated.
        case transient
        /// The store wants everybody to slow down.
        case throttled
        /// The object, or its upload, must be begun anew.
        case changed
    }

    static func classify(_ error: TransferError) -> Class {
        switch error.reason {
        case .throttled: .throttled
        // 501: what a server does not know it will not learn.
        case .server(let status): status >= 500 && status != 501 || status == 408 ? .transient : .permanent
        case .network, .timeout, .length: .transient
        case .changed, .uploadEnded: .changed
        case .notFound, .noBucket, .permission, .checksum, .archive, .hostileName, .reservedName, .noSpace, .local,
            .credentials,
            .configuration,
            .protocolViolation, .cancelled, .exhausted:
            .permanent
        }
    }

    /// Whether an object is begun anew after `error`, `seen` having been met before: it changed, or it came damaged. What
    /// comes damaged in the same way twice lies so in the store, or is compared with another's digest.
    static func beginsAnew(after error: TransferError, _ seen: [TransferError]) -> Bool {
        if case .checksum = error.reason { return !seen.contains(error) }
        return classify(error) == .changed
    }

    /// The pause before try number `attempt + 1`, `attempt` tries having failed; `random` is uniform in 0..<1. Never
    /// shorter than what the store asked for, as far as that is bearable.
    func pause(after attempt: Int, error: TransferError, random: Double) -> Duration {
        let asked: Duration? = if case .throttled(let asked) = error.reason { asked } else { nil }
        return FullJitter.pause(
            after: attempt, base: base, cap: cap, asked: asked.map { min($0, Self.longestRetryAfter) }, random: random)
    }
}
