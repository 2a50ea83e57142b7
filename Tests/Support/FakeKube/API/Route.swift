/// What a path means.
enum Route: Sendable, Equatable {
    /// `/version`, `/api…`, `/apis…`, `/openapi…`, `/healthz` and their kin: nothing in the store is meant.
    case document([String])
    case resource(ResourceRoute)
    /// A path below a group and version that exist, but of no resource.
    case unknownResource
    case unknownPath
}

struct ResourceRoute: Sendable, Equatable {
    var type: ResourceType
    var namespace: String?
    var name: String?
    var subresource: String?
    /// Behind `proxy`.
    var rest: [String] = []

    /// The verb that authorisation knows for a request to this route.
    func verb(_ method: String, isWatch: Bool) -> String? {
        switch (method, name) {
        case ("GET", nil), ("HEAD", nil): isWatch ? "watch" : "list"
        case ("GET", _?), ("HEAD", _?): "get"
        case ("POST", _): "create"
        case ("PUT", _): "update"
        case ("PATCH", _): "patch"
        case ("DELETE", nil): "deletecollection"
        case ("DELETE", _?): "delete"
        default: nil
        }
    }

    init(_ type: ResourceType, namespace: String? = nil, name: String? = nil, subresource: String? = nil) {
        self.type = type
        self.namespace = namespace
        self.name = name
        self.subresource = subresource
    }

    var prefix: String { namespace.map { "\($0)/" } ?? "" }

    func key(_ name: String) -> String { prefix + name }
}

extension Route {
    init(_ path: [String], in catalogue: ResourceCatalogue) {
        let group: String
        let rest: ArraySlice<String>
        switch path.first {
        case "api"? where path.count >= 3: (group, rest) = ("", path.dropFirst(1))
        case "apis"? where path.count >= 4: (group, rest) = (path[1], path.dropFirst(2))
        default:
            self = .document(path)
            return
        }
        var segments = Array(rest)
        let version = segments.removeFirst()
        guard catalogue.types.contains(where: { $0.group == group && $0.version == version }) else {
            self = .unknownPath
            return
        }
        var namespace: String?
        // `namespaces/x` and its own subresources are about the namespace, anything longer is about what is in it.
        if segments.count >= 3, segments[0] == "namespaces", !["status", "finalize"].contains(segments[2]) {
            namespace = segments[1]
            segments.removeFirst(2)
        }
        guard let type = catalogue.type(group: group, version: version, plural: segments[0]),
            namespace == nil || type.isNamespaced
        else {
            self = .unknownResource
            return
        }
        var route = ResourceRoute(type, namespace: namespace)
        if segments.count >= 2 { route.name = segments[1] }
        if segments.count >= 3 { route.subresource = segments[2] }
        route.rest = Array(segments.dropFirst(3))
        if let subresource = route.subresource, !type.subresources.contains(subresource) {
            self = .unknownResource
            return
        }
        self = type.isNamespaced && route.name != nil && namespace == nil ? .unknownResource : .resource(route)
    }
}
