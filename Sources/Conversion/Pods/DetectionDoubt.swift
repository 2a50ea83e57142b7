import KubeModel
import PodRules
import YAMLTree

/// Why a container that is merely known by its name or image may be main after all, so that it is asked about and not moved:
/// proxies are what many pods are for, and drain by a helper of their own.
struct DetectionDoubt {
    private let pod: ManifestPod
    private let services: ServicePorts
    /// Those that would remain.
    private let others: [ManifestContainer]
    private let theirs: Neighbours

    /// What helpers are called that no pod is for.
    private static let helpers = [
        "shutdown-manager", "reload", "exporter", "metrics", "sidecar", "helper", "watcher", "tailer", "logrotate",
        "ratelimit", "trace-agent", "process-agent",
    ]
    /// Where oauth2-proxy keeps its sessions.
    private static let sessions: Set<String> = ["redis", "valkey", "keydb", "dragonfly"]
    /// By these labels objects say what they are.
    private static let nameLabels = ["app.kubernetes.io/name", "app.kubernetes.io/component", "app", "k8s-app", "name"]

    init(_ pod: ManifestPod, detected: [ManifestContainer], _ services: ServicePorts) {
        self.pod = pod
        self.services = services
        let names = Set(detected.map(\.name))
        others = pod.containers.filter { !names.contains($0.name) }
        theirs = Neighbours(others)
    }

    /// Whether a container that would remain is there for the known one, or for any other, and not what the pod is for.
    private func helps(_ other: ManifestContainer, _ container: ManifestContainer) -> Bool {
        let repository = SidecarRule.repository(of: other.image ?? "")
        if Self.helpers.contains(where: { other.name.contains($0) || repository.hasSuffix($0) }) { return true }
        // A web server may be what the pod is for, a proxy alone is not; nor is another process of the same agent.
        if let proxy = ForwardingProxy.among(other.programs), !proxy.servesFiles { return true }
        if other.image != nil, other.image == container.image { return true }
        return container.known?.names.contains("oauth2-proxy") == true
            && !Self.sessions.isDisjoint(with: [other.name, repository])
    }

    /// Agents run on every node for themselves; what carries all traffic of its pod, or serves it alone, does not.
    private func isNodes(_ container: ManifestContainer) -> Bool {
        pod.place.object["kind"]?.text == "DaemonSet" && container.known?.carriesTraffic != true
            && container.known?.servesLocalhostOnly != true
    }

    /// In words that follow the container's name.
    func reason(_ container: ManifestContainer) -> String? {
        if others.isEmpty { return "stands beside nothing but other known sidecars" }
        if pod.annotations?[WellKnownNames.Annotation.defaultContainer]?.text == container.name {
            return "is the pod's default container"
        }
        if others.allSatisfy({ helps($0, container) }) { return "stands beside helpers alone" }
        if let name = namesake(container) { return "is what \(name) is named after" }
        if let service = services.service(to: container.ports.filter { !theirs.answer(on: $0) }, of: pod) {
            return "is where the Service \(service) leads"
        }
        if let hook = container.node.at("lifecycle", "preStop"),
            let other = container.asked(in: hook, among: theirs)
        {
            return "is drained by \(other.name), as its preStop hook says"
        }
        if let port = container.node.at("lifecycle", "preStop", "httpGet", "port")?.text, !container.ports.isEmpty,
            !container.ports.contains(port), port != container.known?.quit.map({ String($0.port) })
        {
            return "asks port \(port) in its preStop hook, which is none of its own"
        }
        if container.node["ports"]?.elements?.contains(where: { $0["hostPort"] != nil }) == true {
            return "has a port of the node"
        }
        return isNodes(container) ? "runs on every node" : nil
    }

    /// The name or label by which the pod's object says that it is there for this program.
    private func namesake(_ container: ManifestContainer) -> String? {
        // By any of its names: an image can be called like anything.
        let programs = [container.name] + (container.known?.programs ?? [])
        let object = pod.place.object.at("metadata", "name")?.text
        let labels = pod.place.metadata?["labels"]
        for name in [object] + Self.nameLabels.map({ labels?[$0]?.text }) {
            guard let name, programs.contains(where: { name == $0 || name.hasSuffix("-\($0)") }),
                !theirs.run(name)
            else { continue }
            return name
        }
        return nil
    }
}

/// The Services of a stream or a folder: which container of a pod they lead to. Who owns that port is hardly a helper.
package struct ServicePorts: Sendable, Equatable {
    private struct Service: Equatable {
        let name: String
        let namespace: String?
        let selector: [String: String]
        /// Numbers and names, as a Service has them.
        let targets: [String]
    }

    private var services: [Service] = []
    /// By one of the labels that they select, so that not every pod is compared with each of them.
    private var places: [Label: [Int]] = [:]

    private struct Label: Hashable {
        let name: String
        let value: String
    }

    package init() {}

    /// Adds those of a stream. One that cannot be read has none; its conversion says why.
    package mutating func add(_ bytes: [UInt8]) {
        guard var reader = try? SourceReader(bytes, limits: StreamConverter.limits) else { return }
        while let document = try? reader.document() { add(document.root, depth: 0) }
    }

    private mutating func add(_ object: SourceNode, depth: Int, in list: String = "") {
        // What the API server lists says its kind once.
        guard let kind = object["kind"]?.text ?? (list == "ServiceList" ? "Service" : nil), depth < 16 else { return }
        if kind.hasSuffix("List") {
            // An alias repeats one that is there.
            for item in object["items"]?.elements ?? [] where !item.isAlias { add(item, depth: depth + 1, in: kind) }
        }
        guard kind == "Service", object["apiVersion"]?.text ?? "v1" == "v1",
            let selector = object.at("spec", "selector")?.pairs, !selector.isEmpty
        else { return }
        let wanted = selector.map { Label(name: $0.name, value: $0.value.text ?? "") }
        places[wanted[0], default: []].append(services.count)
        services.append(
            Service(
                name: object.at("metadata", "name")?.text ?? "",
                namespace: object.at("metadata", "namespace")?.text,
                selector: Dictionary(wanted.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
                targets: (object.at("spec", "ports")?.elements ?? []).compactMap {
                    ($0["targetPort"] ?? $0["port"])?.text
                }))
    }

    /// The Service that leads to one of these ports of a pod with these labels.
    func service(to ports: [String], of pod: ManifestPod) -> String? {
        let labels = pod.place.metadata?["labels"]
        let namespace = pod.place.object.at("metadata", "namespace")?.text
        // Those that a merge key brings are not listed.
        let isWhole = labels?.tree.hasMergeKeys != true
        let found = (labels?.pairs ?? []).flatMap { places[Label(name: $0.name, value: $0.value.text ?? "")] ?? [] }
        return (isWhole ? found.sorted() : Array(services.indices)).lazy.map { services[$0] }.first { service in
            (service.namespace == nil || namespace == nil || service.namespace == namespace)
                && service.selector.allSatisfy { labels?[$0.key]?.text == $0.value }
                && service.targets.contains { ports.contains($0) }
        }?.name
    }
}
