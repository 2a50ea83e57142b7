internal import Basics
internal import Synchronization

/// What a keeper has been told and not yet looked at. Bounded by itself: one answer, one stop.
final class ElectionInbox: Sendable {
    private let inputs = Mutex<[ElectionInput]>([])
    private let signal = Signal()

    func put(_ input: ElectionInput) {
        inputs.withLock { $0.append(input) }
        signal.send()
    }

    /// What has come, or `wake` where nothing has.
    func take() -> [ElectionInput] {
        inputs.withLock { inputs in
            defer { inputs = [] }
            return inputs.isEmpty ? [.wake] : inputs
        }
    }

    /// Returns when something has come, or at `deadline`.
    func wait(until deadline: Duration?, _ time: Timepiece) async { await signal.wait(until: deadline, time) }
}
