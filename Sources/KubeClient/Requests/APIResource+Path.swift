internal import Basics
internal import HTTPTransport
public import KubeModel

extension APIResource {
    /// Where the server has these objects, one of them, or a subresource of one; percent-encoded.
    ///
    /// - Parameters:
    ///   - namespace: empty for all namespaces, and for what has none.
    ///   - name: empty for the collection.
    public func path(namespace: String = "", name: String = "", subresource: String = "") -> String {
        var path = group.isEmpty ? "/api/\(version)" : "/apis/\(group)/\(version)"
        if isNamespaced, !namespace.isEmpty { path += "/namespaces/\(PercentEncoding.encode(namespace))" }
        path += "/\(plural)"
        if !name.isEmpty { path += "/\(PercentEncoding.encode(name))" }
        if !subresource.isEmpty { path += "/\(subresource)" }
        return path
    }

    func path(_ key: ObjectKey, _ subresource: String = "") -> String {
        path(namespace: key.namespace, name: key.name, subresource: subresource)
    }
}
