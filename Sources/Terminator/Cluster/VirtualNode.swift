internal import KubeModel
internal import YAMLTree

/// Nodes with no machine behind them, where nothing can be run or signalled.
enum VirtualNode {
    /// By the label that virtual-kubelet's own programs set, and OpenKruise goes by, or by the taint that keeps ordinary
    /// pods away. The label `kubernetes.io/role=agent` says nothing: some clouds put it on machines as well.
    static func isOne(_ node: YAMLNode) -> Bool {
        if node["metadata"]?["labels"]?[WellKnownNames.Label.nodeType]?.text == WellKnownNames.Label.virtualKubelet {
            return true
        }
        return (node["spec"]?["taints"]?.sequence ?? []).contains {
            $0["key"]?.text == WellKnownNames.Taint.virtualKubelet
        }
    }
}
