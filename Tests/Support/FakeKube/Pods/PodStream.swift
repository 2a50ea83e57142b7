/// A WebSocket that the API agreed to, and what is to happen on it.
package struct PodStream: Sendable {
    package enum Purpose: Sendable {
        case exec(PodScript.Call, @Sendable (PodScript.Call) -> PodScript.Run)
        /// In the order asked for; `local` is `nil` where nothing listens.
        case portForward([(port: Int, local: Int?)])
    }

    package let purpose: Purpose
    /// `v5.channel.k8s.io`, or one of its predecessors.
    package let subprotocol: String
    /// Which of standard output and error the client asked for.
    let wanted: Set<PodScript.Run.Stream>
    var canClose: Bool { subprotocol.hasPrefix("v5.") }
}
