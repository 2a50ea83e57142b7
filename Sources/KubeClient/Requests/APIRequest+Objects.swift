public import Basics
internal import HTTPTransport
public import KubeModel
internal import YAMLTree

/// What can be asked about objects. Pure: nothing is sent.
extension APIRequest {
    public static func get(
        _ resource: APIResource, _ key: ObjectKey, subresource: String = "", accept: Encoding = .json
    ) -> APIRequest {
        APIRequest("GET", resource.path(key, subresource), accept: accept)
    }

    /// The objects of a kind; `namespace` is empty for those of all namespaces.
    public static func list(
        _ resource: APIResource, namespace: String = "", _ options: ListOptions = .init(), accept: Encoding = .json
    ) -> APIRequest {
        APIRequest("GET", resource.path(namespace: namespace), query: options.query, accept: accept)
    }

    /// Creates the object in `body`, which is JSON.
    public static func create(
        _ resource: APIResource, namespace: String = "", body: [UInt8], _ options: WriteOptions = .init()
    ) -> APIRequest {
        APIRequest("POST", resource.path(namespace: namespace), query: options.query, body: body)
    }

    /// Replaces the object whole. The version in it makes the server refuse (409) where somebody was faster.
    public static func replace(
        _ resource: APIResource, _ key: ObjectKey, subresource: String = "", body: [UInt8],
        _ options: WriteOptions = .init()
    ) -> APIRequest {
        APIRequest("PUT", resource.path(key, subresource), query: options.query, body: body)
    }

    public static func patch(
        _ resource: APIResource, _ key: ObjectKey, subresource: String = "", _ patch: Patch,
        _ options: WriteOptions = .init()
    ) -> APIRequest {
        var query = options.query
        if case .apply(_, force: true) = patch { query.append((name: "force", value: "true")) }
        return APIRequest(
            "PATCH", resource.path(key, subresource), query: query,
            headers: ["Content-Type": patch.contentType], body: patch.body,
            isIdempotent: patch.isIdempotent)
    }

    /// With a uid to go by a second time hits nothing else; without one it could hit a namesake.
    public static func delete(
        _ resource: APIResource, _ key: ObjectKey, _ options: DeleteOptions = .init()
    ) -> APIRequest {
        APIRequest(
            "DELETE", resource.path(key), body: options.body, isIdempotent: options.preconditions.uid != nil)
    }
}

/// What pods can do beyond being objects.
extension APIRequest {
    /// An HTTP request that the server makes to the pod's own address.
    ///
    /// `path`: absolute and percent-encoded.
    public static func proxy(
        _ method: String = "GET", _ pod: ObjectKey, port: Int, path: String = "/",
        query: [(name: String, value: String)] = []
    ) -> APIRequest {
        let target = ObjectKey(namespace: pod.namespace, name: "\(pod.name):\(port)")
        return APIRequest(
            method, APIResource.pods.path(target, "proxy") + path, query: query, headers: ["Accept": "*/*"])
    }
}

extension APIResource {
    /// Where the server has these objects, one of them, or a subresource of one; percent-encoded.
    ///
    /// - `namespace`: empty for all namespaces, and for what has none.
    /// - `name`: empty for the collection.
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

/// A change to an object, in one of the four languages that the API server speaks.
public enum Patch: Sendable, Equatable {
    /// RFC 6902: operations, which may `test` what they rely on.
    case json([Operation])
    /// RFC 7386: lists are replaced whole.
    case merge(JSONValue)
    /// Kubernetes' own: lists of named things merge by name. Built-in kinds only.
    case strategic(JSONValue)
    /// Server-side apply: these fields, all of them and no others, are the manager's. `force` takes over those of others.
    case apply(JSONValue, force: Bool)

    public enum Operation: Sendable, Equatable {
        case add(String, JSONValue)
        case replace(String, JSONValue)
        case remove(String)
        /// Fails the whole patch (422) unless the value is there.
        case test(String, JSONValue)

        /// A path of RFC 6901 from its unescaped parts.
        public static func pointer(_ parts: String...) -> String {
            parts.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        }

        var json: JSONValue {
            switch self {
            case .add(let path, let value): ["op": "add", "path": .string(path), "value": value]
            case .replace(let path, let value): ["op": "replace", "path": .string(path), "value": value]
            case .remove(let path): ["op": "remove", "path": .string(path)]
            case .test(let path, let value): ["op": "test", "path": .string(path), "value": value]
            }
        }
    }

    var contentType: String {
        switch self {
        case .json: "application/json-patch+json"
        case .merge: "application/merge-patch+json"
        case .strategic: "application/strategic-merge-patch+json"
        // JSON is YAML.
        case .apply: "application/apply-patch+yaml"
        }
    }

    var body: [UInt8] {
        let value: JSONValue =
            switch self {
            case .json(let operations): .array(operations.map(\.json))
            case .merge(let value), .strategic(let value), .apply(let value, _): value
            }
        return Array(value.text.utf8)
    }

    /// Whether a second time changes nothing more. Operations on lists may; a merge with a version conflicts with itself.
    var isIdempotent: Bool {
        switch self {
        case .json, .strategic: false
        case .merge(let value): !Self.namesVersion(value)
        case .apply: true
        }
    }

    private static func namesVersion(_ value: JSONValue) -> Bool {
        guard case .object(let members) = value,
            case .object(let metadata)? = members.first(where: { $0.name == "metadata" })?.value
        else { return false }
        return metadata.contains { $0.name == "resourceVersion" }
    }
}
