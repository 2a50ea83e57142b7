import Basics
import YAMLTree

/// What the scheduler sees of a pod: its effective requests and its QoS class (KEP-753, Kubernetes' pod resources).
struct PodResources: Equatable {
    enum QoS: String {
        case guaranteed = "Guaranteed"
        case burstable = "Burstable"
        case bestEffort = "BestEffort"
    }

    /// One container as far as resources go.
    struct Share {
        let requests: [String: Quantity]
        let limits: [String: Quantity]
        let runsOn: Bool

        init(_ container: ManifestContainer, runsOn: Bool) {
            limits = Self.amounts(container.node.at("resources", "limits"))
            // A limit is the request where none was written.
            requests = limits.merging(Self.amounts(container.node.at("resources", "requests"))) { $1 }
            self.runsOn = runsOn
        }

        private static func amounts(_ node: SourceNode?) -> [String: Quantity] {
            var amounts: [String: Quantity] = [:]
            for pair in node?.pairs ?? [] {
                guard let text = pair.value.text else { continue }
                amounts[pair.name] = Quantity(text)
            }
            return amounts
        }
    }

    private(set) var requests: [String: Quantity] = [:]
    let qos: QoS

    /// `max(max_i(init_i + sidecars before i), sidecars + containers)`
    init(initContainers: [Share], containers: [Share]) {
        var running: [String: Quantity] = [:]
        var peak: [String: Quantity] = [:]
        for share in initContainers {
            let now = running.merging(share.requests, uniquingKeysWith: +)
            peak.merge(now, uniquingKeysWith: max)
            if share.runsOn { running = now }
        }
        let all = containers.reduce(running) { $0.merging($1.requests, uniquingKeysWith: +) }
        requests = peak.merging(all, uniquingKeysWith: max)
        qos = Self.qos(initContainers + containers)
    }

    private static func qos(_ shares: [Share]) -> QoS {
        let kinds = ["cpu", "memory"]
        let isGuaranteed = shares.allSatisfy { share in
            kinds.allSatisfy { share.limits[$0].map { $0 > .zero } == true && share.limits[$0] == share.requests[$0] }
        }
        if isGuaranteed { return .guaranteed }
        let asks = shares.contains { share in kinds.contains { share.requests[$0].map { $0 > .zero } == true } }
        return asks ? .burstable : .bestEffort
    }

    /// `cpu 1100m, memory 640Mi, Burstable`
    var words: String {
        let amounts = requests.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text(isBytes: $0.key != "cpu"))" }
        return (amounts + [qos.rawValue]).joined(separator: ", ")
    }
}

/// What containers request together.
package enum PodCost {
    /// `cpu 300m, memory 384Mi` for that many pods; empty where they request nothing.
    package static func words(of containers: [ManifestContainer], times pods: Int) -> String {
        var sum: [String: Quantity] = [:]
        for container in containers {
            sum.merge(PodResources.Share(container, runsOn: true).requests, uniquingKeysWith: +)
        }
        return sum.sorted { $0.key < $1.key }.map { name, amount in
            "\(name) \((amount * pods).text(isBytes: name != "cpu"))"
        }.joined(separator: ", ")
    }
}
