import KubeModel
import PodRules

/// Why a container that is merely known by its name or image may be main after all, so that it is asked about and not moved:
/// proxies are what many pods are for, and drain by a helper of their own.
struct DetectionDoubt {
    private let pod: ManifestPod
    private let services: ServicePorts
    /// Those that would remain.
    private let others: [ManifestContainer]
    private let theirs: Neighbours
    private let areHelpers: Bool

    /// What helpers are called that no pod is for.
    private static let helpers = [
        "shutdown-manager", "reloader", "exporter", "metrics", "sidecar", "helper", "watcher", "tailer", "logrotate",
    ]
    /// By these labels objects say what they are.
    private static let nameLabels = ["app.kubernetes.io/name", "app.kubernetes.io/component", "app", "k8s-app", "name"]

    init(_ pod: ManifestPod, detected: [ManifestContainer], _ services: ServicePorts) {
        self.pod = pod
        self.services = services
        let names = Set(detected.map(\.name))
        others = pod.containers.filter { !names.contains($0.name) }
        theirs = Neighbours(others)
        areHelpers = others.allSatisfy { other in Self.helpers.contains { other.name.contains($0) } }
    }

    /// In words that follow the container's name.
    func reason(_ container: ManifestContainer) -> String? {
        if others.isEmpty { return "stands beside nothing but other known sidecars" }
        if pod.annotations?[WellKnownNames.Annotation.defaultContainer]?.text == container.name {
            return "is the pod's default container"
        }
        if areHelpers { return "stands beside helpers alone" }
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
        return nil
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
