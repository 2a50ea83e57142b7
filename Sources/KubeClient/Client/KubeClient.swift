public import Basics
internal import HTTPTransport
internal import KubeModel
internal import Synchronization

/// The API server of one cluster, asked as one user: credentials renewed, refusals and losses repeated where that is
/// safe, never faster than allowed, and no namespace's at the cost of another's.
public final class KubeClient: KubeAPI {
    public let access: ClusterAccess
    private let options: KubeClientOptions
    private let pool: ConnectionPool
    private let gate: BudgetGate
    private let retryBudget: Mutex<RetryBudget>
    private let time: Timepiece

    public init(_ access: ClusterAccess, _ options: KubeClientOptions = .init(), time: Timepiece = .system) {
        self.access = access
        self.options = options
        self.time = time
        pool = ConnectionPool(access, userAgent: options.userAgent, concurrency: options.concurrency)
        retryBudget = Mutex(RetryBudget(options.retries.budget))
        let bucket = options.rate.map { TokenBucket(burst: options.burst, interval: .seconds(1) / $0) }
        gate = BudgetGate(RequestBudget(limit: options.concurrency, bucket: bucket), time: time)
    }

    /// Commands and ports in pods, within this client's budget.
    package var podConnections: PodConnections {
        PodConnections(access, userAgent: options.userAgent, within: gate, time: time)
    }

    /// Ends what is under way and closes all connections. Idempotent.
    public func shutdown() async { await pool.close() }

    public func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        try await repeating(request, options.retries) { attempt async throws(KubeError) in
            let (head, body) = try await self.whole(attempt)
            guard attempt.isServed(head) else { throw attempt.refusal(head, body) }
            return APIResponse(status: head.status, headers: head.headers, body: body)
        }
    }

    public func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        try await repeating(request, .never) { attempt async throws(KubeError) in
            let (head, body) = try await self.streaming(attempt)
            guard attempt.isServed(head) else {
                throw attempt.refusal(head, await body.start(upTo: Self.largestRefusal))
            }
            let reader = StreamReader(body, attempted: attempt.request.attempted)
            return APIStream(headers: head.headers) { () async throws(KubeError) in try await reader.next() }
        }
    }

    /// Keeps a connection standing, until the task is cancelled: hundreds of requests that are due at once after hours in
    /// which there were none do not wait for it.
    package func stayConnected() async {
        while !Task.isCancelled {
            // What the answer says does not matter.
            _ = try? await repeating(APIRequest("GET", "/version"), .never) { attempt async throws(KubeError) in
                try await self.whole(attempt)
            }
            try? await time.sleep(time.now() + Self.pulse)
        }
    }

    /// Servers and what stands before them close a connection on which nothing happened for a minute or longer.
    private static let pulse = Duration.seconds(45)

    /// An error's body beyond this is not worth reading.
    private static let largestRefusal = 256 << 10

    /// Tries until one attempt succeeds or nothing more is to be tried.
    private func repeating<Answer: Sendable>(
        _ request: APIRequest, _ policy: RetryPolicy,
        _ perform: (RequestAttempt) async throws(KubeError) -> Answer
    ) async throws(KubeError) -> Answer {
        var retries = RequestRetries(policy, isIdempotent: request.isIdempotent)
        var credential = try await access.credential()
        let gate = request.isUrgent ? nil : self.gate
        while true {
            guard await gate?.pass(flow: RequestName(request).namespace, yields: request.yields) ?? true else {
                throw Self.cancelled(request)
            }
            let result: Result<Answer, KubeError>
            do {
                result = .success(try await perform(attempt(request, credential)))
            } catch {
                result = .failure(error)
            }
            gate?.leave()
            let random = Double.random(in: 0..<1)
            switch retryBudget.withLock({ retries.step(after: Self.ending(result), random: random, budget: &$0) }) {
            case .end: return try result.get()
            case .renewCredential:
                access.credentials.reject(credential)
                let renewed = try await access.credential()
                guard renewed != credential else { return try result.get() }
                credential = renewed
            case .retry(let pause):
                do { try await time.sleep(time.now() + pause) } catch { throw Self.cancelled(request) }
                credential = try await access.credential()
            }
        }
    }

    private func attempt(_ request: APIRequest, _ credential: Credential) throws(KubeError) -> RequestAttempt {
        guard let client = pool.client(for: credential) else {
            throw KubeError(
                attempted: request.attempted,
                reason: .transport(TransportError(attempted: request.attempted, reason: .clientClosed)))
        }
        return RequestAttempt(
            request: request, http: request.http(to: access, as: access.headers(for: credential)), client: client,
            credential: credential)
    }

    /// Without an answer for this long a connection is not trusted any more.
    private static let patience = Duration.seconds(10)

    private func fail(_ attempt: RequestAttempt, _ error: TransportError, since start: Duration) -> KubeError {
        observe(attempt, nil, since: start)
        switch error.reason {
        case .timeout: pool.retire(attempt.client)
        case .cancelled where time.now() - start >= Self.patience: pool.retire(attempt.client)
        default: break
        }
        return attempt.failure(error)
    }

    private func whole(_ attempt: RequestAttempt) async throws(KubeError) -> (HTTPResponseHead, [UInt8]) {
        let start = time.now()
        do {
            let (head, body) = try await attempt.client.execute(attempt.http, upTo: options.largestAnswer)
            observe(attempt, head.status, since: start)
            return (head, body)
        } catch {
            throw fail(attempt, error, since: start)
        }
    }

    private func streaming(_ attempt: RequestAttempt) async throws(KubeError) -> (HTTPResponseHead, HTTPBodyStream) {
        let start = time.now()
        do {
            let (head, body) = try await attempt.client.stream(attempt.http)
            observe(attempt, head.status, since: start)
            return (head, body)
        } catch {
            throw fail(attempt, error, since: start)
        }
    }

    private func observe(_ attempt: RequestAttempt, _ status: Int?, since start: Duration) {
        guard let observer = options.observer else { return }
        let name = RequestName(attempt.request)
        observer.observe(
            ObservedRequest(
                verb: name.verb, resource: name.resource, subresource: name.subresource, status: status,
                duration: time.now() - start))
    }

    private static func ending<Answer>(_ result: Result<Answer, KubeError>) -> RequestRetries.Ending {
        guard case .failure(let error) = result else { return .success }
        switch error.reason {
        case .status(let status):
            return .refused(
                status: status.code, retryAfter: status.retryAfterSeconds.map { .seconds($0) })
        case .transport(let error): return .broken(isTransient: error.isTransient, nothingSent: error.nothingSent)
        case .configuration, .credentials, .malformed, .cancelled:
            return .broken(isTransient: false, nothingSent: false)
        }
    }

    private static func cancelled(_ request: APIRequest) -> KubeError {
        KubeError(attempted: request.attempted, reason: .cancelled)
    }
}

/// How a client behaves towards the server.
public struct KubeClientOptions: Sendable {
    public var userAgent: String
    public var retries: RetryPolicy
    /// Requests a second on average, and at once; `nil` for no limit of our own (API priority and fairness remains).
    public var rate: Double?
    public var burst: Int
    /// Requests under way at once; the answer's head ends a stream's part in it. Where more are to be made, or faster than
    /// the rate, namespaces take turns.
    public var concurrency: Int
    /// The largest answer that `send` keeps in memory, in bytes. Lists are to be paged, or opened as a stream.
    public var largestAnswer: Int
    public var observer: (any RequestObserver)?

    public init(
        userAgent: String = standardUserAgent, retries: RetryPolicy = .init(), rate: Double? = 50, burst: Int = 100,
        concurrency: Int = 64, largestAnswer: Int = 64 << 20, observer: (any RequestObserver)? = nil
    ) {
        self.userAgent = userAgent
        self.retries = retries
        self.rate = rate
        self.burst = burst
        self.concurrency = concurrency
        self.largestAnswer = largestAnswer
        self.observer = observer
    }

    #if arch(arm64)
        private static let architecture = "arm64"
    #else
        private static let architecture = "amd64"
    #endif

    /// In client-go's form, so that audit logs and priority rules can be written alike.
    public static let standardUserAgent = "kpipe-sidecar/\(Version.current) (linux/\(architecture))"
}

/// One try of one request: what is sent, and what its failure means.
struct RequestAttempt: Sendable {
    var request: APIRequest
    var http: HTTPRequest
    var client: HTTPClient
    var credential: Credential

    /// A web page is never the API server's answer, whatever its status: something before it (a sign-in, a notice) has
    /// answered in its place, and nothing was done. What a pod says through the server's proxy may be anything.
    func isServed(_ head: HTTPResponseHead) -> Bool {
        head.isSuccess && (!Refusal.isPage(head) || RequestName(request).subresource == "proxy")
    }

    /// The server, or something before it, said no.
    func refusal(_ head: HTTPResponseHead, _ body: [UInt8]) -> KubeError {
        var status = Refusal(head, body).status
        if head.status == 401 { status.message += expiryHint }
        return KubeError(attempted: request.attempted, reason: .status(status))
    }

    func failure(_ error: TransportError) -> KubeError {
        switch error.reason {
        case .cancelled: return KubeError(attempted: request.attempted, reason: .cancelled)
        case .tls(let words):
            var error = error
            error.reason = .tls(words + expiryHint)
            return KubeError(attempted: request.attempted, reason: .transport(error))
        default: return KubeError(attempted: request.attempted, reason: .transport(error))
        }
    }

    /// What the server would not say about a client certificate.
    private var expiryHint: String {
        guard let identity = credential.identity, identity.expiry <= systemTime() else { return "" }
        return " (the client certificate expired on \(PEM.day(identity.expiry)))"
    }
}

/// Reads a body that goes on, for one reader.
struct StreamReader: Sendable {
    private let body: HTTPBodyStream
    private let attempted: String

    init(_ body: HTTPBodyStream, attempted: String) {
        self.body = body
        self.attempted = attempted
    }

    func next() async throws(KubeError) -> [UInt8]? {
        // The iterator holds no state of its own: what is read is gone from the stream.
        var iterator = body.makeAsyncIterator()
        do { return try await iterator.next() } catch {
            if case .cancelled = error.reason { throw KubeError(attempted: attempted, reason: .cancelled) }
            throw KubeError(attempted: attempted, reason: .transport(error))
        }
    }
}

extension HTTPBodyStream {
    /// The first bytes; what breaks off ends there.
    func start(upTo limit: Int) async -> [UInt8] {
        var bytes: [UInt8] = []
        var iterator = makeAsyncIterator()
        while bytes.count < limit, let chunk = try? await iterator.next() { bytes += chunk }
        return Array(bytes.prefix(limit))
    }
}
