/// One running exchange: gives what libcurl reports to the state machine and does what that says.
///
/// Lives on the transport's thread.
final class Exchange {
    enum Taken {
        case taken
        case held
        case stopped
    }

    let submission: Submission
    /// Meant for an open HTTP/2 connection without TLS; a fresh one would have to begin with prior knowledge.
    var joins = false
    /// The connection to join was gone. Nothing has been sent, so the exchange may start again.
    private(set) var lostItsConnection = false
    private let context: LoopContext
    private let handle: HTTPTransferHandle
    private var state: ExchangeState
    private var bytes: BytesReader

    init(_ submission: Submission, context: LoopContext, inbox: Inbox) {
        self.submission = submission
        self.context = context
        let request = submission.request
        handle = HTTPTransferHandle(id: submission.id, inbox: inbox)
        state = ExchangeState(
            .init(
                timeouts: request.timeouts, payload: submission.plan.payload, isHead: request.method == "HEAD",
                decodesBody: request.coding != .identity), at: context.now)
        if case .bytes(let content) = request.body { bytes = BytesReader(content) } else { bytes = BytesReader([]) }
        if case .source(let source) = request.body { source.attach(handle) }
        context.note(state.deadline)
    }

    var versionUsed: String? { state.head?.version }

    /// Asked before a connection is opened.
    func mayConnect() -> Bool {
        lostItsConnection = joins
        return !joins
    }

    func connected() {
        _ = advance(.connected)
        context.connected.append(self)
    }

    /// `false` ends the exchange.
    func headerLine(_ line: String) -> Bool {
        guard case .begin(let head) = advance(.headerLine(line)) else { return state.verdict == nil }
        return advance(.began(submission.sink.begin(head, transfer: handle))) != .stop
    }

    func take(_ data: UnsafeRawBufferPointer) -> Taken {
        switch state.handle(.body(data.count), at: context.now) {
        case .deliver: break
        case .hold: return .held
        default: return .stopped
        }
        let step = submission.sink.write(data)
        if step == .proceed { return .taken }
        return advance(.took(data.count, step)) == .hold ? .held : .stopped
    }

    func fill(_ buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep {
        let step =
            if case .source(let source) = submission.request.body { source.read(into: buffer) } else {
                bytes.read(into: buffer)
            }
        return advance(.source(step)) == .stop ? .fail("") : step
    }

    func rewind() -> Bool {
        let succeeded =
            if case .source(let source) = submission.request.body { source.rewind() } else { bytes.rewind() }
        return advance(.rewound(succeeded)) == .none
    }

    /// Returns what is left to do by the loop: `.resume`, `.remove` or nothing.
    func advance(_ input: ExchangeState.Input) -> ExchangeState.Effect {
        let effect = state.handle(input, at: context.now)
        context.note(state.deadline)
        return effect
    }

    /// Tells the caller. Nothing is called on sink or source afterwards.
    func complete(_ outcome: CurlOutcome?) {
        switch state.conclusion(outcome) {
        case .whole(let head): submission.complete(.success(head))
        case .failed(let reason): submission.fail(reason, nothingSent: state.nothingSent)
        }
    }
}
