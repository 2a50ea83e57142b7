internal import KubeModel
internal import PodRules
internal import YAMLTree

/// The nodes of a cluster, as far as they decide whether a pod may have native sidecars: kinds of nodes, not each one.
struct NodeFleet: Sendable, Equatable {
    /// Nodes that have the same labels (their own names aside), kubelet and system.
    struct Kind: Sendable, Hashable {
        var labels: [String: String]
        /// `nil` where it could not be read.
        var kubelet: KubeVersion?
        var system: String
        /// Those by which an operator sets nodes apart: virtual ones, and pools of their own.
        var taints: Set<Node.Taint> = []
    }

    private(set) var kinds: Set<Kind> = []

    /// Differs from node to node. A selector that asks for it may mean any of them.
    static let hostname = "kubernetes.io/hostname"
    static let system = "kubernetes.io/os"
    static let linux = "linux"

    init(_ nodes: [Node] = []) {
        for node in nodes {
            var labels = node.metadata.labels
            labels[Self.hostname] = nil
            kinds.insert(
                Kind(
                    labels: labels, kubelet: KubeVersion(node.kubeletVersion), system: node.operatingSystem,
                    taints: Set(node.taints.filter(Self.lasts))))
        }
    }

    /// Not one that the cluster sets and takes away again: the pod may wait for that.
    private static func lasts(_ taint: Node.Taint) -> Bool {
        ["NoSchedule", "NoExecute"].contains(taint.effect)
            && !["node.kubernetes.io/", "node.cloudprovider.kubernetes.io/"].contains(where: taint.key.hasPrefix)
    }

    /// Where a pod may run, by its selector, the affinity that it requires, and the taints that it tolerates.
    func kinds(for pod: YAMLNode) -> Set<Kind> {
        let spec = pod["spec"]
        let selector = (spec?["nodeSelector"]?.mapping?.pairs ?? []).filter { $0.key != Self.hostname }
        let affinity = spec?["affinity"]?["nodeAffinity"]?["requiredDuringSchedulingIgnoredDuringExecution"]
        let terms = affinity?["nodeSelectorTerms"]?.sequence
        // Whoever names the node asks no scheduler.
        let tolerations = spec?["nodeName"]?.text == nil ? spec?["tolerations"]?.sequence ?? [] : nil
        return kinds.filter { kind in
            (tolerations.map { tolerations in
                kind.taints.allSatisfy { taint in tolerations.contains { Self.tolerates($0, taint) } }
            } ?? true) && selector.allSatisfy { kind.labels[$0.key] == $0.value.text }
                && (terms.map { $0.contains { Self.matches($0, kind) } } ?? true)
        }
    }

    private static func tolerates(_ toleration: YAMLNode, _ taint: Node.Taint) -> Bool {
        let key = toleration["key"]?.text ?? ""
        let exists = toleration["operator"]?.text == "Exists"
        let effect = toleration["effect"]?.text ?? ""
        return (key.isEmpty ? exists : key == taint.key) && (effect.isEmpty || effect == taint.effect)
            && (exists || toleration["value"]?.text ?? "" == taint.value)
    }

    /// A term without expressions matches nothing, as the scheduler has it; one by the node's own fields may match any.
    private static func matches(_ term: YAMLNode, _ kind: Kind) -> Bool {
        let expressions = term["matchExpressions"]?.sequence ?? []
        guard !expressions.isEmpty else { return term["matchFields"]?.sequence?.isEmpty == false }
        return expressions.allSatisfy { expression in
            let key = expression["key"]?.text ?? ""
            guard key != hostname else { return true }
            let value = kind.labels[key]
            let values = (expression["values"]?.sequence ?? []).compactMap(\.text)
            switch expression["operator"]?.text {
            case "In": return value.map(values.contains) ?? false
            case "NotIn": return !(value.map(values.contains) ?? false)
            case "Exists": return value != nil
            case "DoesNotExist": return value == nil
            case "Gt": return compares(value, values, >)
            case "Lt": return compares(value, values, <)
            // Unknown to us: it may match.
            default: return true
            }
        }
    }

    private static func compares(_ value: String?, _ values: [String], _ relation: (Int64, Int64) -> Bool) -> Bool {
        guard let value = value.flatMap({ Int64($0) }), let bound = values.first.flatMap({ Int64($0) }) else {
            return false
        }
        return relation(value, bound)
    }
}
