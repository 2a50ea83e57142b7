internal import NIOCore
internal import NIOHTTP1

/// One connection as a value: requests come in one after the other, answers go out, and every wait has an end. It reads no
/// clock and touches no socket; each call returns what is to be done, in this order.
struct ConnectionMachine {
    enum Effect: Equatable {
        /// What is due next must come within this time, or the connection is cut off.
        case expect(Duration)
        /// The body may come (100).
        case invite
        case ask(ServerRequest)
        case send(ServerResponse, hasBody: Bool, isLast: Bool)
        case closeOutput
        case close
        /// Without waiting for anything more from the caller.
        case cut
    }

    /// Why nothing more can be read from a caller.
    enum Failure {
        case headTooLarge, malformed, broken
    }

    /// How much of the bytes that have come may be parsed.
    enum Intake: Equatable {
        case all, none
        case atMost(Int)
    }

    private enum State {
        case reading, working, sending, lingering
    }

    /// A request while its body comes in.
    private struct Gathering {
        var head: HTTPRequestHead
        var isAllowed: Bool
        var count = 0
        var body: [UInt8] = []
    }

    private let limits: ServerLimits
    /// GET and HEAD are answered and bodies dropped.
    private let isReadOnly: Bool
    private let isLoopback: Bool
    private var state = State.reading
    private var gathering: Gathering?
    /// Bytes of a head that is not whole yet.
    private var headCount = 0
    /// Bytes taken from the budget.
    private var held = 0
    private var hasAsked = false
    /// No further request is read.
    private var isLast = false
    /// The caller may still be sending: closing at once would reset the connection before it has read the answer.
    private var lingers = false
    /// The answer goes without its body.
    private var isHead = false

    private static let linger = Duration.seconds(2)

    init(_ limits: ServerLimits, isReadOnly: Bool, isLoopback: Bool) {
        self.limits = limits
        self.isReadOnly = isReadOnly
        self.isLoopback = isLoopback
    }

    /// What it means when another wants its place.
    var phase: ConnectionBook.Phase {
        switch state {
        case .reading: hasAsked ? .idle : .fresh
        case .working: .working
        case .sending, .lingering: .taking
        }
    }

    /// A decoder alone would gather an endless head, so it gets no more of one than may be.
    var intake: Intake {
        if isLast { return .none }
        return gathering == nil ? .atMost(limits.head - headCount) : .all
    }

    // MARK: From the caller

    func opened() -> [Effect] { [.expect(limits.request)] }

    /// So many bytes of a head are about to be parsed.
    mutating func headBytes(_ count: Int) -> [Effect] {
        let isBeginning = headCount == 0 && phase == .idle
        headCount += count
        return isBeginning ? [.expect(limits.request)] : []
    }

    mutating func head(_ head: HTTPRequestHead) -> [Effect] {
        guard state == .reading, !isLast else {
            // A caller that sends on and on without reading gets no more; answers would pile up.
            isLast = true
            return []
        }
        let isAllowed = !isReadOnly || head.method == .GET || head.method == .HEAD
        let length = head.headers.first(name: "Content-Length").map { Int($0) ?? .max } ?? 0
        guard length <= limits.body else { return refuse(tooLarge) }
        guard head.headers["Expect"].contains(where: { $0.lowercased() == "100-continue" }) else {
            gathering = Gathering(head: head, isAllowed: isAllowed)
            return [.expect(limits.request)]
        }
        guard isAllowed else { return refuse(Self.notAllowed) }
        gathering = Gathering(head: head, isAllowed: isAllowed)
        return [.expect(limits.request), .invite]
    }

    mutating func body(_ bytes: ByteBuffer, _ budget: inout ByteBudget) -> [Effect] {
        guard gathering != nil else { return [] }
        let count = bytes.readableBytes
        gathering?.count += count
        guard gathering.map({ $0.count <= limits.body }) == true else {
            release(&budget)
            return refuse(tooLarge)
        }
        guard !isReadOnly else { return [] }
        guard budget.take(count) else {
            release(&budget)
            return refuse(.text("too much at once; try again", status: 503, headers: ["Retry-After": "1"]))
        }
        held += count
        gathering?.body.append(contentsOf: bytes.readableBytesView)
        return []
    }

    mutating func end() -> [Effect] {
        headCount = 0
        guard let whole = gathering else { return [] }
        gathering = nil
        hasAsked = true
        isLast = isLast || !whole.head.isKeepAlive
        isHead = whole.head.method == .HEAD
        guard whole.isAllowed else { return send(Self.notAllowed) }
        state = .working
        let request = ServerRequest(
            method: whole.head.method.rawValue, path: String(whole.head.uri.prefix { $0 != "?" && $0 != "#" }),
            contentType: whole.head.headers.first(name: "Content-Type") ?? "", body: whole.body, isLoopback: isLoopback)
        return [.expect(limits.answer + limits.response), .ask(request)]
    }

    mutating func failed(_ failure: Failure) -> [Effect] {
        switch (failure, state) {
        case (.broken, _): return [.cut]
        case (_, .lingering): return []
        case (_, .working), (_, .sending):
            isLast = true
            lingers = true
            return []
        case (.headTooLarge, .reading): return refuse(.text("request too large", status: 431))
        case (.malformed, .reading): return refuse(.text("bad request", status: 400))
        }
    }

    // MARK: From the server

    /// - Parameter isLeaving: the server is about to stop.
    mutating func answered(_ response: ServerResponse, isLeaving: Bool, _ budget: inout ByteBudget) -> [Effect] {
        guard state == .working else { return [] }
        release(&budget)
        isLast = isLast || isLeaving
        return send(response)
    }

    /// The answer has left.
    mutating func sent() -> [Effect] {
        guard isLast else {
            state = .reading
            return [.expect(limits.idle)]
        }
        guard lingers else { return [.close] }
        state = .lingering
        return [.closeOutput, .expect(Self.linger)]
    }

    /// Ends after the answer on its way.
    mutating func stop() -> [Effect] {
        isLast = true
        return state == .reading ? [.close] : []
    }

    /// The connection has ended. A body that is being answered stays in memory until the answer is there, whoever waits for it:
    /// callers that hang up could have any number of them held else.
    mutating func ended(_ budget: inout ByteBudget) {
        if state != .working { release(&budget) }
    }

    /// The body is not needed any more.
    private mutating func release(_ budget: inout ByteBudget) {
        budget.giveBack(held)
        held = 0
    }

    // MARK: Answers

    private static let notAllowed = ServerResponse.methodNotAllowed("GET, HEAD")

    private var tooLarge: ServerResponse { .text("the body is larger than \(limits.body) bytes", status: 413) }

    /// An answer to a request that is not read to its end.
    private mutating func refuse(_ response: ServerResponse) -> [Effect] {
        gathering = nil
        isLast = true
        lingers = true
        isHead = false
        return send(response)
    }

    private mutating func send(_ response: ServerResponse) -> [Effect] {
        state = .sending
        return [.expect(limits.response), .send(response, hasBody: !isHead, isLast: isLast)]
    }
}

/// Bytes that all callers together may have us hold.
struct ByteBudget {
    private(set) var free: Int

    init(_ bytes: Int) { free = bytes }

    /// Whether there were so many left.
    mutating func take(_ bytes: Int) -> Bool {
        guard bytes <= free else { return false }
        free -= bytes
        return true
    }

    mutating func giveBack(_ bytes: Int) { free += bytes }
}
