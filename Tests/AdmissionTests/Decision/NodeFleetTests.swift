import Basics
import KubeModel
import KubeRuntime
import PodRules
import Testing
import YAMLTree

@testable import Admission

@Suite struct NodeFleetTests {
    static func node(_ kubelet: String, _ labels: [String: String] = [:], system: String = "linux") -> Node {
        var node = Node()
        node.metadata.labels = labels.merging(
            [NodeFleet.hostname: "n\(labels.count)", NodeFleet.system: system]) { given, _ in given }
        node.kubeletVersion = kubelet
        node.operatingSystem = system
        return node
    }

    static func pod(_ spec: String) throws -> YAMLNode { try YAMLNode(parsing: "spec: \(spec)") }

    static let fleet = NodeFleet([
        node("v1.33.5", ["pool": "old", "cores": "4"]), node("v1.33.5", ["pool": "old", "cores": "4", "a": "b"]),
        node("v1.34.2+vendor", ["pool": "new", "cores": "16"]), node("", ["pool": "joining"]),
        node("v1.34.2", ["pool": "windows"], system: "windows"),
    ])

    @Test func `nodes of one kind are kept once`() {
        let many = (0..<5000).map { index in
            Self.node("v1.34.2", [NodeFleet.hostname: "node-\(index)", "pool": index % 2 == 0 ? "a" : "b"])
        }
        #expect(NodeFleet(many).kinds.count == 2)
    }

    /// By the pools of the nodes that a pod may run on.
    @Test(
        arguments: [
            ("{}", "joining new old old windows"),
            ("{nodeSelector: {pool: old}}", "old old"),
            ("{nodeSelector: {pool: none}}", ""),
            ("{nodeSelector: {kubernetes.io/os: windows}}", "windows"),
            ("{nodeSelector: {kubernetes.io/hostname: n1, pool: new}}", "new"),
            (affinity("{key: pool, operator: In, values: [old, new]}"), "new old old"),
            (affinity("{key: pool, operator: NotIn, values: [old, windows]}"), "joining new"),
            (affinity("{key: a, operator: Exists}"), "old"),
            (affinity("{key: cores, operator: DoesNotExist}"), "joining windows"),
            (affinity("{key: cores, operator: Gt, values: ['8']}"), "new"),
            (affinity("{key: cores, operator: Lt, values: ['8']}"), "old old"),
            (affinity("{key: cores, operator: Lt, values: [x]}"), ""),
            (affinity("{key: kubernetes.io/hostname, operator: In, values: [z]}"), "joining new old old windows"),
            (affinity("{key: cores, operator: Unheard}"), "joining new old old windows"),
            (
                "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{}]}}}}",
                ""
            ),
            (
                "{affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: []}}}",
                "joining new old old windows"
            ),
        ])
    func `a pod's selectors say where it may run`(spec: String, pools: String) throws {
        let kinds = Self.fleet.kinds(for: try Self.pod(spec))
        #expect(kinds.compactMap { $0.labels["pool"] }.sorted().joined(separator: " ") == pools)
    }

    /// Virtual nodes tell of some old kubelet, and keep away whoever does not ask for them.
    @Test(
        arguments: [
            ("{}", "cordoned plain"),
            ("{tolerations: [{key: virtual-kubelet.io/provider, operator: Exists}]}", "cordoned plain virtual"),
            ("{tolerations: [{key: virtual-kubelet.io/provider, value: azure}]}", "cordoned plain virtual"),
            ("{tolerations: [{key: virtual-kubelet.io/provider, value: other}]}", "cordoned plain"),
            ("{tolerations: [{operator: Exists}]}", "cordoned gpu plain virtual"),
            ("{tolerations: [{key: gpu, effect: NoSchedule}]}", "cordoned plain"),
            ("{tolerations: [{key: gpu, operator: Equal, effect: NoExecute}]}", "cordoned gpu plain"),
            ("{nodeName: n}", "cordoned gpu plain virtual"),
        ])
    func `a pod's tolerations say where it may run`(spec: String, pools: String) throws {
        func node(_ pool: String, _ taints: [(String, String, String)]) -> Node {
            var node = Self.node("v1.33.5", ["pool": pool])
            node.taints = taints.map { key, value, effect in
                var taint = Node.Taint()
                (taint.key, taint.value, taint.effect) = (key, value, effect)
                return taint
            }
            return node
        }
        let fleet = NodeFleet([
            node("plain", [("dear", "", "PreferNoSchedule")]),
            node("cordoned", [("node.kubernetes.io/unschedulable", "", "NoSchedule")]),
            node("virtual", [("virtual-kubelet.io/provider", "azure", "NoSchedule")]),
            node("gpu", [("gpu", "", "NoExecute")]),
        ])
        let kinds = fleet.kinds(for: try Self.pod(spec))
        #expect(kinds.compactMap { $0.labels["pool"] }.sorted().joined(separator: " ") == pools)
    }

    @Test(arguments: [ObjectEncoding.json, .protobuf]) func `a node is read with its taints`(encoding: ObjectEncoding)
        throws
    {
        let json = #"""
            {"metadata":{"name":"n"},"spec":{"podCIDR":"10.0.0.0/24","taints":[
            {"key":"gpu","value":"a","effect":"NoSchedule","timeAdded":"2026-01-01T00:00:00Z"},{"key":"b","effect":"NoExecute"}]},
            "status":{"nodeInfo":{"kubeletVersion":"v1.33.5","operatingSystem":"linux"}}}
            """#
        var (first, second, spec, info, status, wire) = (
            WireWriter(), WireWriter(), WireWriter(), WireWriter(), WireWriter(), WireWriter()
        )
        for (field, text) in [(1, "gpu"), (2, "a"), (3, "NoSchedule")] { first.string(field, text) }
        for (field, text) in [(1, "b"), (3, "NoExecute")] { second.string(field, text) }
        spec.string(1, "10.0.0.0/24")
        for taint in [first, second] { spec.data(5, taint.bytes) }
        for (field, text) in [(7, "v1.33.5"), (9, "linux")] { info.string(field, text) }
        status.data(7, info.bytes)
        wire.data(2, spec.bytes)
        wire.data(3, status.bytes)
        let node = try Node(encoding, in: (encoding == .json ? Array(json.utf8) : wire.bytes).span)
        #expect(node.taints.map { "\($0.key)=\($0.value):\($0.effect)" } == ["gpu=a:NoSchedule", "b=:NoExecute"])
        #expect(node.kubeletVersion == "v1.33.5" && node.operatingSystem == "linux")
    }

    static func affinity(_ expression: String) -> String {
        "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: "
            + "{nodeSelectorTerms: [{matchExpressions: [\(expression)]}]}}}}"
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var nodes: [Node]?
        var spec = ""
        var policy = "Never"
        var result: AdmissionDecision.Result
        var says = ""
    }

    static let cases = [
        Case(testDescription: "no node yet", nodes: [], result: .converted),
        Case(testDescription: "nodes unknown", nodes: nil, result: .left, says: "the nodes' versions"),
        Case(testDescription: "new nodes", nodes: [node("v1.36.2")], result: .converted),
        Case(
            testDescription: "one old node", nodes: [node("v1.36.2"), node("v1.28.9")], result: .left,
            says: "a node of 1.28.9, which has no native sidecars (1.29)"),
        Case(
            testDescription: "the old node is for others", nodes: [node("v1.36.2", ["p": "new"]), node("v1.28.9")],
            spec: "nodeSelector: {p: new}", result: .converted),
        Case(
            testDescription: "a kubelet with a bug that loses Jobs", nodes: [node("v1.29.2")], result: .left,
            says: "kubernetes#123709"),
        Case(testDescription: "and one without any", nodes: [node("v1.29.9")], result: .converted),
        Case(
            testDescription: "a kubelet whose bug may be met", nodes: [node("v1.33.5")],
            spec: "readinessProbe: {tcpSocket: {port: 80}}", result: .converted, says: "kubernetes#132826"),
        Case(testDescription: "but not without a probe", nodes: [node("v1.33.5")], result: .converted),
        Case(
            testDescription: "nor with another policy", nodes: [node("v1.33.5")],
            spec: "readinessProbe: {tcpSocket: {port: 80}}", policy: "OnFailure", result: .converted),
        Case(
            testDescription: "1.35's", nodes: [node("v1.35.1")], spec: "readinessProbe: {tcpSocket: {port: 80}}",
            policy: "OnFailure", result: .converted, says: "kubernetes#137146"),
        Case(
            testDescription: "Windows alone", nodes: [node("v1.36.2", system: "windows")], result: .left,
            says: "do not run Linux"),
        Case(
            testDescription: "Windows beside Linux", nodes: [node("v1.36.2", system: "windows"), node("v1.36.2")],
            result: .converted),
        Case(
            testDescription: "a pod for Windows", nodes: [node("v1.36.2", system: "windows"), node("v1.36.2")],
            spec: "os: {name: windows}", result: .left, says: "do not run Linux"),
        Case(
            testDescription: "selected for Windows", nodes: [node("v1.36.2", system: "windows"), node("v1.36.2")],
            spec: "nodeSelector: {kubernetes.io/os: windows}", result: .left, says: "do not run Linux"),
    ]

    @Test(arguments: cases) func `the lowest kubelet decides`(_ one: Case) throws {
        var pod = Reviews.marked.replacing("restartPolicy: Never", with: "restartPolicy: \(one.policy)")
        // A probe is the sidecar's, all else the pod's.
        if one.spec.hasPrefix("readinessProbe") {
            pod += "\n    \(one.spec)"
        } else if !one.spec.isEmpty {
            pod = pod.replacing("spec:\n", with: "spec:\n  \(one.spec)\n")
        }
        let decision = AdmissionDecision(
            try Reviews.creating(pod), in: Reviews.surroundings { $0.nodes = one.nodes.map { NodeFleet($0) } })
        #expect(decision.result == one.result)
        let words = decision.warnings.filter { $0.contains("node") || $0.contains("Linux") }.joined(separator: "; ")
        #expect(one.says.isEmpty ? words.isEmpty : words.contains(one.says), "\(words)")
    }

    @Test func `hands off one of us means hands off both`() throws {
        let pod = Reviews.marked.replacing(
            "metadata:\n", with: "metadata:\n  annotations: {sidecar.k-pipe.cloud/terminator: disabled}\n")
        #expect(AdmissionDecision(try Reviews.creating(pod), in: Reviews.surroundings()).result == .unasked)
    }

    @Test func `advice can be followed without a command line`() throws {
        let decision = AdmissionDecision(try Reviews.creating(PodAdmissionTests.owned), in: Reviews.surroundings())
        let words = decision.warnings.joined() + (decision.event?.note ?? "")
        #expect(!words.contains("--"))
        #expect(words.contains("by the annotation sidecar.k-pipe.cloud/primary-container"))
    }

    @Test func `nodes are read in either encoding`() throws {
        let json = Array(
            #"{"metadata":{"name":"n","labels":{"a":"b"}},"spec":{"x":{}},"status":{"images":[{}],"nodeInfo":{"bootID":"x","kubeletVersion":"v1.36.2","operatingSystem":"linux"},"phase":"x"}}"#
                .utf8)
        let fromJSON = try Node(.json, in: json.span)
        #expect(fromJSON.kubeletVersion == "v1.36.2" && fromJSON.operatingSystem == "linux")
        #expect(fromJSON.metadata.labels == ["a": "b"])
        // metadata {name, labels}, status {phase, nodeInfo {bootID, kubeletVersion, operatingSystem}}
        func field(_ number: UInt8, _ bytes: [UInt8]) -> [UInt8] { [number << 3 | 2, UInt8(bytes.count)] + bytes }
        func text(_ number: UInt8, _ text: String) -> [UInt8] { field(number, Array(text.utf8)) }
        let info = text(3, "x") + text(7, "v1.36.2") + text(9, "linux")
        let metadata = text(1, "n") + field(11, text(1, "a") + text(2, "b"))
        let wire = field(1, metadata) + field(3, text(3, "x") + field(7, info))
        var fromWire = try Node(.protobuf, in: wire.span)
        #expect(fromWire.metadata.name == "n")
        fromWire.metadata = fromJSON.metadata
        #expect(fromWire == fromJSON)
    }
}
