/// A WebSocket that the API agreed to, and what is to happen on it.
public struct PodStream: Sendable {
    public enum Purpose: Sendable {
        case exec(PodScript.Call, @Sendable (PodScript.Call) -> PodScript.Run)
        /// In the order asked for; `local` is `nil` where nothing listens.
        case portForward([(port: Int, local: Int?)])
    }

    public let purpose: Purpose
    /// `v5.channel.k8s.io`, or one of its predecessors.
    public let subprotocol: String
    /// Which of standard output and error the client asked for.
    let wanted: Set<PodScript.Run.Stream>
    var canClose: Bool { subprotocol.hasPrefix("v5.") }
}
