package import Basics
internal import YAMLTree

/// What tests do to the cluster behind the API's back: as a kubelet, a controller, or a recording.
extension FakeAPI {
    package mutating func addNamespace(_ name: String, now: KubeTime = .now) {
        let type = ResourceType("v1", "namespaces", "Namespace", namespaced: false)
        _ = try? create(["metadata": ["name": .string(name)]], ResourceRoute(type), dryRun: false, now)
    }

    /// Stores an object as it is, under a new version or the one given, without defaults, checks or rules.
    @discardableResult
    package mutating func place(_ object: JSONValue, version: Int? = nil) -> JSONValue? {
        guard let route = route(of: object), let name = route.name else { return nil }
        return store.put(route.type.storage, route.key(name), object.withoutType, version: version)
    }

    /// Creates an object as a client would.
    @discardableResult
    package mutating func create(_ object: JSONValue, now: KubeTime = .now) throws(StatusError) -> JSONValue {
        guard var route = route(of: object) else { throw .noSuchResource }
        route.name = nil
        return try create(object, route, dryRun: false, now)
    }

    /// The object, as the first type that has such a kind shows it.
    package func object(_ kind: String, _ name: String, in namespace: String? = nil) -> JSONValue? {
        guard let type = catalogue.types.first(where: { $0.kind == kind }) else { return nil }
        return store.object(type.storage, namespace.map { "\($0)/\(name)" } ?? name)?.asType(type)
    }

    package func objects(_ kind: String, in namespace: String? = nil) -> [JSONValue] {
        guard let type = catalogue.types.first(where: { $0.kind == kind }) else { return [] }
        var objects: [JSONValue] = []
        store.scan(type.storage, prefix: namespace.map { "\($0)/" } ?? "") { _, stored in
            objects.append(stored.value.asType(type))
            return true
        }
        return objects
    }

    /// Changes an object in place; `false` where there is none.
    @discardableResult
    package mutating func change(
        _ kind: String, _ name: String, in namespace: String? = nil, _ change: (inout JSONValue) -> Void
    ) -> Bool {
        guard var object = object(kind, name, in: namespace) else { return false }
        change(&object)
        return place(object) != nil
    }

    /// Makes an object vanish, whatever finalizers or grace it has.
    @discardableResult
    package mutating func vanish(
        _ kind: String, _ name: String, in namespace: String? = nil, version: Int? = nil
    ) -> Bool {
        guard let type = catalogue.types.first(where: { $0.kind == kind }) else { return false }
        return store.remove(type.storage, namespace.map { "\($0)/\(name)" } ?? name, version: version) != nil
    }

    /// Puts `count` pods alike there, below a million, at the price of their keys; their namespace too.
    package mutating func fill(pods count: Int, like template: ObjectTemplate = .jobPod) {
        addNamespace(template.sample.text(at: "metadata.namespace") ?? "default")
        store.fill("pods", with: template, count: count)
    }

    func route(of object: JSONValue) -> ResourceRoute? {
        guard let kind = object["kind"]?.string,
            let type = catalogue.type(apiVersion: object["apiVersion"]?.string ?? "v1", kind: kind)
        else { return nil }
        return ResourceRoute(
            type, namespace: type.isNamespaced ? object.text(at: "metadata.namespace") ?? "default" : nil,
            name: object.text(at: "metadata.name"))
    }
}
