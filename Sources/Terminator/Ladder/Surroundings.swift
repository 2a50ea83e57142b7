package import OperatorConfiguration
package import PodRules

/// What the cluster offers and what time it is: all that a plan depends on beside the pod.
package struct Surroundings: Sendable, Equatable {
    /// Seconds since 1970.
    package var now: Int64
    package var exitImage: ExitImage?
    /// Whether ContainerRecreateRequests are served.
    package var isKruiseServed = false
    /// Whether our node agent runs.
    package var hasNodeAgents = false
    package var budget = RestartBudget.unlimited
    package var patience = Patience()

    package init(now: Int64) {
        self.now = now
    }
}
