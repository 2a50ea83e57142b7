internal import Basics
internal import HTTPTransport
internal import KubeModel

/// A subresource of a pod that is talked to over a WebSocket.
struct PodStreamTarget: Sendable {
    var path: String
    var query: [(name: String, value: String)]
    /// In order of preference.
    var subprotocols: [String]

    init(_ pod: ObjectKey, _ subresource: String, query: [(name: String, value: String)], subprotocols: [String]) {
        let resource = APIResource.pods
        let namespace = PercentEncoding.encode(pod.namespace)
        path =
            "/api/\(resource.version)/namespaces/\(namespace)/\(resource.plural)"
            + "/\(PercentEncoding.encode(pod.name))/\(subresource)"
        self.query = query
        self.subprotocols = subprotocols
    }

    var attempted: String { "GET \(path)" }

    /// As it stands in the request line.
    func uri(below prefix: String) -> String {
        let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        return prefix + path + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}
