import Basics
import YAMLTree

/// Whether a probe of a sidecar asks another container of the pod.
enum ProbeTarget {
    private static let local = ["", "localhost", "127.0.0.1"]

    /// The port of a main container that the probe asks, if it does.
    static func mainPort(_ probe: SourceNode, of sidecar: ManifestContainer, mains: [ManifestContainer]) -> String? {
        let own = ports(of: sidecar)
        let others = mains.flatMap(ports).filter { !own.contains($0) }
        for handler in ["httpGet", "tcpSocket", "grpc"] {
            guard let target = probe[handler], local.contains(target["host"]?.text ?? ""),
                let port = target["port"]?.text
            else { continue }
            return others.first { $0 == port }
        }
        let words = (probe.at("exec", "command")?.elements ?? []).compactMap(\.text).joined(separator: " ")
        return others.first { port in
            local.dropFirst().contains {
                "\(words) ".mentions("\($0):\(port)/") || "\(words) ".mentions("\($0):\(port) ")
            }
        }
    }

    /// Numbers and names.
    private static func ports(of container: ManifestContainer) -> [String] {
        (container.node["ports"]?.elements ?? []).flatMap { [$0["containerPort"]?.text, $0["name"]?.text] }.compactMap(
            \.self)
    }
}
