/// How the main containers ended: what the pod's and its Job's result is to be.
package enum MainResult: Sendable, Equatable {
    case succeeded
    case failed

    /// The pod's phase for this result.
    package var phase: String {
        switch self {
        case .succeeded: "Succeeded"
        case .failed: "Failed"
        }
    }
}
