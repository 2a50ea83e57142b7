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

/// An amount of a resource, in thousandths: `500m`, `1.5`, `128Mi`, `1e3`.
struct Quantity: Equatable, Comparable {
    private(set) var thousandths: Int

    static let zero = Quantity(thousandths: 0)

    private static let units: [(suffix: String, factor: Double)] = [
        ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776),
        ("Pi", 1.125_899_906_842_624e15),
        ("n", 1e-9), ("u", 1e-6), ("m", 1e-3), ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15),
    ]

    private init(thousandths: Int) { self.thousandths = thousandths }

    /// `nil` for what the API server would refuse, and for amounts beyond any machine.
    init?(_ text: String) {
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        let digits = unit.map { String(text.dropLast($0.suffix.count)) } ?? text
        guard let number = Double(digits), number.isFinite, number >= 0, !digits.contains("x") else { return nil }
        let product = (number * (unit?.factor ?? 1) * 1000).rounded(.up)
        guard product < 9e18 else { return nil }
        thousandths = Int(product)
    }

    static func < (left: Quantity, right: Quantity) -> Bool { left.thousandths < right.thousandths }

    static func + (left: Quantity, right: Quantity) -> Quantity {
        let (sum, overflow) = left.thousandths.addingReportingOverflow(right.thousandths)
        return Quantity(thousandths: overflow ? .max : sum)
    }

    /// The shortest exact text: thousandths, whole numbers, or binary units of bytes.
    func text(isBytes: Bool) -> String {
        guard thousandths % 1000 == 0 else { return "\(thousandths)m" }
        var whole = thousandths / 1000
        guard isBytes, whole > 0 else { return "\(whole)" }
        var suffix = ""
        for next in ["Ki", "Mi", "Gi", "Ti"] where whole % 1024 == 0 {
            whole /= 1024
            suffix = next
        }
        return "\(whole)\(suffix)"
    }
}
