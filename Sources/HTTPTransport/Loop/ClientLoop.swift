internal import CCurl

/// The transport's thread: waits for sockets, other threads' wishes and deadlines, and lets libcurl work.
///
/// Made, used and freed on that one thread; it sleeps without a timer while nothing runs.
final class ClientLoop {
    private static let restingHandles = 4
    /// Kept for the next while others run: a burst of hundreds leaves no memory behind.
    private static let spareHandles = 32

    private let configuration: HTTPClientConfiguration
    private let inbox: Inbox
    private let context = LoopContext()
    private let poller = Poller()
    private let multis: MultiHandles
    private var queue: RequestQueue
    private var waiting: [UInt64: Submission] = [:]
    private var running: [UInt64: EasyHandle] = [:]
    private var idle: [EasyHandle] = []
    private var upgrades = PriorKnowledge()
    private var finish: [@Sendable () -> Void] = []

    init(_ configuration: HTTPClientConfiguration, inbox: Inbox) {
        self.configuration = configuration
        self.inbox = inbox
        queue = RequestQueue(
            limit: configuration.maximumConnections, limitPerOrigin: configuration.maximumConnectionsPerHost)
        multis = MultiHandles(configuration, poller: poller)
        poller.watch(inbox.descriptor, read: true, write: false)
    }

    /// Returns after a shutdown, with every exchange ended and every connection closed.
    func run() {
        while finish.isEmpty {
            let deadline = [multis.deadline, context.earliestDeadline].lazy.compactMap { $0 }.min()
            let events = poller.wait(deadline.map { ContinuousClock.now.duration(to: $0) })
            context.now = .now
            for message in inbox.drain() { handle(message) }
            for event in events { multis.act(on: event) }
            multis.expire(at: context.now)
            collectFinished()
            checkDeadlines()
            noteConnected()
            startWaiting()
        }
        end()
    }

    private func handle(_ message: Inbox.Message) {
        switch message {
        case .submit(let submission):
            guard !submission.ticket.isCancelled else {
                return submission.fail(.cancelled, nothingSent: true)
            }
            waiting[submission.id] = submission
            queue.enqueue(submission.id, origin: submission.plan.origin)
        case .cancel(let id):
            if let submission = waiting.removeValue(forKey: id) {
                submission.fail(.cancelled, nothingSent: true)
            } else {
                advance(id, .cancelled)
            }
        case .resume(let id): advance(id, .resumed)
        case .shutdown(let done): finish.append(done)
        }
    }

    private func advance(_ id: UInt64, _ input: ExchangeState.Input) {
        guard let easy = running[id], let exchange = easy.exchange else { return }
        switch exchange.advance(input) {
        case .resume:
            let code = easy.resume()
            if code != 0 { remove(easy, code: code) }
        case .remove: remove(easy, code: nil)
        default: break
        }
    }

    private func collectFinished() {
        while let (easy, code) = multis.nextFinished() { remove(easy, code: code) }
    }

    /// Takes the transfer from libcurl, then tells the caller.
    private func remove(_ easy: EasyHandle, code: UInt32?) {
        guard let exchange = easy.exchange else { return }
        let submission = exchange.submission
        multis.handle(for: submission.request.version)?.remove(easy)
        let outcome = easy.unload(code: code ?? 0)
        let origin = submission.plan.origin
        running[submission.id] = nil
        if idle.count < Self.spareHandles { idle.append(easy) }
        if running.isEmpty { rest() }
        if submission.request.version == .http2PriorKnowledge {
            upgrades.ended(origin, version: code == 0 ? exchange.versionUsed : nil)
            queue.release(origin: origin)
        }
        queue.finished(origin: origin)
        if code != nil, exchange.lostItsConnection {
            waiting[submission.id] = submission
            queue.enqueue(submission.id, origin: origin)
        } else {
            exchange.complete(code == nil ? nil : outcome)
        }
    }

    /// Nothing runs any more: sleeps without a timer, and keeps little of what a busy time needed.
    private func rest() {
        context.forgetDeadlines()
        guard idle.count > Self.restingHandles else { return }
        idle.removeLast(idle.count - Self.restingHandles)
        ccurl_trim_memory()
    }

    private func checkDeadlines() {
        guard let earliest = context.earliestDeadline, earliest <= context.now else { return }
        context.forgetDeadlines()
        for id in Array(running.keys) { advance(id, .tick) }
    }

    private func noteConnected() {
        for exchange in context.connected where exchange.submission.request.version == .http2PriorKnowledge {
            upgrades.connected(exchange.submission.plan.origin)
            queue.release(origin: exchange.submission.plan.origin)
        }
        context.connected.removeAll(keepingCapacity: true)
    }

    private func startWaiting() {
        while let (id, origin) = queue.next() {
            guard let submission = waiting.removeValue(forKey: id) else {
                queue.finished(origin: origin)
                continue
            }
            guard let easy = idle.popLast() ?? EasyHandle(configuration) else {
                queue.finished(origin: origin)
                submission.fail(.other("libcurl cannot be set up"), nothingSent: true)
                continue
            }
            start(submission, on: easy)
        }
    }

    private func start(_ submission: Submission, on easy: EasyHandle) {
        let exchange = Exchange(submission, context: context, inbox: inbox)
        exchange.joins = submission.request.version == .http2PriorKnowledge && upgrades.isOpen(submission.plan.origin)
        easy.load(exchange, version: version(for: exchange), configuration)
        running[submission.id] = easy
        if multis.handle(for: submission.request.version)?.add(easy) != true {
            running[submission.id] = nil
            _ = easy.unload(code: 0)
            queue.finished(origin: submission.plan.origin)
            submission.fail(.other("libcurl cannot be set up"), nothingSent: true)
        }
    }

    private func version(for exchange: Exchange) -> Int {
        switch exchange.submission.request.version {
        case .http1: return Int(CURL_HTTP_VERSION_1_1)
        case .negotiate: return Int(CURL_HTTP_VERSION_2TLS)
        case .http2PriorKnowledge:
            if exchange.joins { return Int(CURL_HTTP_VERSION_2_0) }
            queue.hold(origin: exchange.submission.plan.origin)
            return Int(CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE)
        }
    }

    private func end() {
        for submission in waiting.values { submission.fail(.clientClosed, nothingSent: true) }
        waiting = [:]
        for id in Array(running.keys) { advance(id, .clientClosed) }
        idle = []
        for message in inbox.close() {
            switch message {
            case .submit(let submission): submission.fail(.clientClosed, nothingSent: true)
            case .shutdown(let done): finish.append(done)
            case .cancel, .resume: break
            }
        }
    }

    /// To be called when the loop is freed: whoever waits for the shutdown sees its connections closed.
    var completions: [@Sendable () -> Void] { finish }
}

/// What the running exchanges of one loop share with it. Lives on the transport's thread.
final class LoopContext {
    typealias Instant = ContinuousClock.Instant

    /// Read once for each round of the loop.
    var now: Instant = .now
    /// No exchange has a deadline before this one.
    private(set) var earliestDeadline: Instant?
    /// Exchanges that have got their connection since the loop last looked.
    var connected: [Exchange] = []

    func note(_ deadline: Instant?) {
        guard let deadline else { return }
        earliestDeadline = earliestDeadline.map { min($0, deadline) } ?? deadline
    }

    func forgetDeadlines() { earliestDeadline = nil }
}
