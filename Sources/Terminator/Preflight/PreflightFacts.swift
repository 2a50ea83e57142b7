internal import KubeClient

/// What was found out about a cluster: all that the checks go by. `nil` where it could not be found out.
struct PreflightFacts: Sendable, Equatable {
    var version: ServerVersion?
    /// Verbs that are refused.
    var refused: [AccessNeed] = []
    var needs = 0
    var isKruiseServed: Bool?
    /// Whether Kruise ends sidecars itself (its feature gate `SidecarTerminator`).
    var doesKruiseTerminate: Bool?
    var exitImage: String?
    var isNodeAgentConfigured = false
    var quitsByProxy = false
    var nodes: [Node]?
    /// Nodes on which a node agent is ready.
    var agents: Set<String>?
    /// Terminators that are ready.
    var terminators: Int?
    var lease: Lease?
    /// Open pods that say something of sidecars.
    var pods: [PodDiagnosis]?
    /// Why things could not be found out, by what.
    var unknown: [String: String] = [:]
    /// Seconds since 1970.
    var now: Int64

    init(now: Int64) {
        self.now = now
    }

    struct Node: Sendable, Equatable {
        var name: String
        var isVirtual = false
        var kubelet = ""
        var runtime = ""
        /// Names of images that are there.
        var images: Set<String> = []
    }

    struct Lease: Sendable, Equatable {
        var holder: String
        /// Seconds since 1970.
        var renewed: Int64
        var duration: Int64
    }
}
