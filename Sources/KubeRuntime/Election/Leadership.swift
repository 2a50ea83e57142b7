internal import Basics
internal import Synchronization

/// The time during which one elector leads, for the work that may go on only then.
public final class Leadership: Sendable {
    private enum State {
        case sought
        case held(until: Duration)
        case over
    }

    private let state = Mutex(State.sought)
    private let began = Signal()
    private let ended = Signal()
    private let time: Timepiece

    init(_ time: Timepiece) {
        self.time = time
    }

    /// Whether this process leads at this very moment, as far as it can know: to be asked before an action that another
    /// leader must not meet. Even so, a process that is stopped right after asking acts late; so every action is
    /// idempotent or carries a precondition.
    public var isHeld: Bool {
        let now = time.now()
        return state.withLock { if case .held(let until) = $0 { now < until } else { false } }
    }

    func hold(until: Duration) {
        state.withLock { $0 = .held(until: until) }
        began.send()
    }

    func lose() {
        state.withLock { $0 = .over }
        ended.send()
    }

    /// Returns once it is held, or when the task is cancelled.
    func begin() async { _ = await began.wait() }

    /// Returns once it is lost, or when the task is cancelled.
    func end() async { _ = await ended.wait() }
}
