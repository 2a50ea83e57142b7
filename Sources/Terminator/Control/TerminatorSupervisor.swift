package import OperatorConfiguration
internal import Synchronization

/// The controller by the configuration that is in force. A new configuration means a new controller: the one before ends
/// what it has at hand, and everything is looked at anew by the new rules. What was tried already stands in the cluster.
package final class TerminatorSupervisor: Sendable {
    private struct State {
        var controller: TerminatorController
        var isStopped = false
    }

    private let state: Mutex<State>
    private let make: @Sendable (TerminatorConfiguration) -> TerminatorController

    package init(
        _ configuration: TerminatorConfiguration,
        make: @escaping @Sendable (TerminatorConfiguration) -> TerminatorController
    ) {
        self.make = make
        state = Mutex(State(controller: make(configuration)))
    }

    /// Whether all pods have been seen.
    package var isReady: Bool { state.withLock { $0.controller }.isReady }

    /// Works until it is stopped, until the task is cancelled, or until all is looked at where that is asked for once.
    package func run() async {
        while !Task.isCancelled {
            let controller = state.withLock { $0.controller }
            await controller.run()
            guard state.withLock({ !$0.isStopped && $0.controller !== controller }) else { return }
        }
    }

    /// From now on by this one; also where nothing runs yet, because another replica leads.
    package func adopt(_ configuration: TerminatorConfiguration) {
        let new = make(configuration)
        let old = state.withLock { state in
            guard !state.isStopped else { return new }
            defer { state.controller = new }
            return state.controller
        }
        old.stop()
    }

    /// Takes in no more; `run` returns once the pods at hand are done with.
    package func stop() {
        state.withLock { state in
            state.isStopped = true
            return state.controller
        }.stop()
    }
}
