import Basics
import YAMLTree

extension FakeAPI {
    mutating func delete(_ route: ResourceRoute, _ request: KubeRequest, _ now: KubeTime) throws(StatusError)
        -> KubeAnswer
    {
        let type = route.type
        guard let name = route.name, let object = store.object(type.storage, route.key(name)) else {
            throw .notFound(type, route.name ?? "")
        }
        let options = try Self.deleteOptions(request)
        try checkPreconditions(options, object, type, name)
        let dryRun = try Self.isDryRun(request) || options["dryRun"]?.array?.isEmpty == false
        let (last, isGone) = remove(object, route, grace: Self.grace(options, request), now, dryRun: dryRun)
        // The real server gives back pods, services, accounts; of others only a `Status` once they are gone.
        if !isGone || ["pods", "services", "serviceaccounts", "persistentvolumeclaims"].contains(type.storage) {
            return KubeAnswer(200, .object(last.asType(type)))
        }
        return KubeAnswer(
            200,
            .object([
                "kind": "Status", "apiVersion": "v1", "metadata": .object([]), "status": "Success",
                "details": .object(present: [
                    "name": .string(name), "group": type.group.isEmpty ? nil : .string(type.group),
                    "kind": .string(type.plural), "uid": last[path: ["metadata", "uid"]],
                ]),
            ]))
    }

    mutating func deleteCollection(_ route: ResourceRoute, _ request: KubeRequest, _ now: KubeTime) throws(StatusError)
        -> KubeAnswer
    {
        let selection = try selection(route, request)
        let options = try Self.deleteOptions(request)
        let dryRun = try Self.isDryRun(request)
        var found: [JSONValue] = []
        store.scan(selection.storage, prefix: selection.prefix) { _, stored in
            let object = stored.value
            if selection.matches(object) { found.append(object) }
            return true
        }
        for object in found {
            var route = route
            route.name = object.text(at: "metadata.name")
            if route.type.isNamespaced { route.namespace = object.text(at: "metadata.namespace") }
            _ = remove(object, route, grace: Self.grace(options, request), now, dryRun: dryRun)
        }
        return KubeAnswer(
            200,
            .object([
                "kind": .string("\(route.type.kind)List"), "apiVersion": .string(route.type.apiVersion),
                "metadata": ["resourceVersion": .string(String(store.version))],
                "items": .array(found.map { $0.asType(route.type).withoutType }),
            ]))
    }

    private static func deleteOptions(_ request: KubeRequest) throws(StatusError) -> JSONValue {
        guard !request.body.isEmpty else { return .object([]) }
        guard let options = try? JSONValue(parsing: request.body) else {
            throw .badRequest("the object provided is unrecognized (must be of type DeleteOptions)")
        }
        return options
    }

    private static func grace(_ options: JSONValue, _ request: KubeRequest) -> Int? {
        options["gracePeriodSeconds"]?.integer ?? request.parameter("gracePeriodSeconds").flatMap(Int.init)
    }

    private func checkPreconditions(
        _ options: JSONValue, _ object: JSONValue, _ type: ResourceType, _ name: String
    ) throws(StatusError) {
        for (field, words, guess) in [
            ("uid", "UID", "deleted and then recreated"), ("resourceVersion", "ResourceVersion", "modified"),
        ] {
            guard let wanted = options[path: ["preconditions", field]]?.string else { continue }
            let own = object.text(at: "metadata.\(field)") ?? ""
            guard wanted == own else {
                // Here the real server names the kind where it names the resource elsewhere.
                var named = type
                named.plural = type.kind
                throw .conflict(
                    named, name,
                    "the \(words) in the precondition (\(wanted)) does not match the \(words) in record (\(own)). The"
                        + " object might have been \(guess)")
            }
        }
    }

    /// A pod that runs somewhere is only marked, until its kubelet deletes it with no grace; an object with finalizers
    /// until they are gone. Returns its last state and whether it is gone.
    mutating func remove(
        _ object: JSONValue, _ route: ResourceRoute, grace: Int?, _ now: KubeTime, dryRun: Bool = false
    ) -> (JSONValue, isGone: Bool) {
        let type = route.type
        let key = route.key(route.name ?? "")
        let seconds = type.storage == "pods" ? Self.podGrace(object, wanted: grace) : 0
        let isFinalized = object[path: ["metadata", "finalizers"]]?.array?.isEmpty ?? true
        if seconds == 0, isFinalized, type.storage != "namespaces" {
            if dryRun { return (object, true) }
            return (store.remove(type.storage, key) ?? object, true)
        }
        var marked = object
        let before = object[path: ["metadata", "deletionGracePeriodSeconds"]]?.integer
        // A later deletion can only shorten the grace.
        if object.text(at: "metadata.deletionTimestamp") == nil || (before ?? 0) > seconds {
            marked[path: ["metadata", "deletionTimestamp"]] = .string(now.advanced(bySeconds: seconds).text)
            marked[path: ["metadata", "deletionGracePeriodSeconds"]] = .integer(Int64(seconds))
            if let generation = object[path: ["metadata", "generation"]]?.integer, before == nil {
                marked[path: ["metadata", "generation"]] = .integer(Int64(generation + 1))
            }
        }
        if type.storage == "namespaces" { marked[path: ["status", "phase"]] = "Terminating" }
        if dryRun { return (marked, false) }
        if !marked.isEquivalent(to: object) { marked = store.put(type.storage, key, marked) }
        if type.storage == "namespaces" { return (empty(namespace: route.name ?? "") ?? marked, false) }
        return (marked, false)
    }

    /// The rule of the pod registry: nobody needs to be waited for where no kubelet runs the pod.
    private static func podGrace(_ pod: JSONValue, wanted: Int?) -> Int {
        let isOver = ["Succeeded", "Failed"].contains(pod.text(at: "status.phase") ?? "")
        if isOver || (pod.text(at: "spec.nodeName") ?? "").isEmpty { return 0 }
        return max(0, wanted ?? pod[path: ["spec", "terminationGracePeriodSeconds"]]?.integer ?? 30)
    }

    /// The namespace controller's work, done at once.
    private mutating func empty(namespace: String) -> JSONValue? {
        for type in catalogue.types where type.isNamespaced {
            var keys: [String] = []
            store.scan(type.storage, prefix: "\(namespace)/") { key, _ in
                keys.append(key)
                return true
            }
            for key in keys { store.remove(type.storage, key) }
        }
        return store.remove("namespaces", namespace)
    }

    /// Removes an object that only waited for its last finalizer.
    mutating func removeIfFinished(_ object: JSONValue, _ route: ResourceRoute) -> JSONValue? {
        guard object.text(at: "metadata.deletionTimestamp") != nil,
            object[path: ["metadata", "finalizers"]]?.array?.isEmpty ?? true,
            object[path: ["metadata", "deletionGracePeriodSeconds"]]?.integer ?? 0 == 0
        else { return nil }
        return store.remove(route.type.storage, route.key(route.name ?? ""))
    }
}
