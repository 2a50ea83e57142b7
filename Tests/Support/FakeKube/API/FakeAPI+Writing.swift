import Basics
import YAMLTree

extension FakeAPI {
    /// The body as an object of the route's kind.
    func body(_ request: KubeRequest, of type: ResourceType) throws(StatusError) -> JSONValue {
        let decoded: JSONValue?
        switch request.contentType {
        case "application/json", "application/yaml", "": decoded = try? JSONValue(parsing: request.body)
        case ProtobufEncoder.mediaType: decoded = try? ProtobufDecoder().decode(request.body)
        default:
            throw .unsupportedMediaType(["application/json", "application/yaml", ProtobufEncoder.mediaType])
        }
        guard let object = decoded, object.members != nil else {
            throw .badRequest(
                "the object provided is unrecognized (must be of type \(type.kind)): couldn't get version/kind; json"
                    + " parse error: invalid character in the body")
        }
        if let kind = object["kind"]?.string, kind != type.kind {
            throw .badRequest(
                "\(kind) in version \"\(object["apiVersion"]?.string ?? "")\" cannot be handled as a \(type.kind):"
                    + " no kind \"\(kind)\" is registered for version \"\(type.apiVersion)\"")
        }
        if let version = object["apiVersion"]?.string, version != type.apiVersion {
            throw .badRequest(
                "the API version in the data (\(version)) does not match the expected API version (\(type.apiVersion))")
        }
        return try known(object, type, request) { paths in
            .badRequest(
                "\(type.kind) in version \"\(type.version)\" cannot be handled as a \(type.kind): strict decoding error:"
                    + " \(paths)")
        }
    }

    /// Without what the schema does not know, which is an error where the client wants it strict.
    func known(
        _ object: JSONValue, _ type: ResourceType, _ request: KubeRequest, orThrow error: (String) -> StatusError
    ) throws(StatusError) -> JSONValue {
        let (known, unknown) = UnknownFields.remove(from: object, type)
        guard request.parameter("fieldValidation") == "Strict", !unknown.isEmpty else { return known }
        throw error(unknown.map { "unknown field \"\($0)\"" }.joined(separator: ", "))
    }

    mutating func create(
        _ route: ResourceRoute, _ request: KubeRequest, _ user: FakeUser, _ now: KubeTime
    ) throws(StatusError) -> KubeAnswer {
        guard route.name == nil else { throw .methodNotAllowed() }
        let body = try body(request, of: route.type)
        if let review = review(body, route.type, user) { return KubeAnswer(201, .object(review)) }
        let made = try create(
            body, route, dryRun: try Self.isDryRun(request), by: Self.manager(request), now)
        return KubeAnswer(201, .object(made))
    }

    mutating func create(
        _ body: JSONValue, _ route: ResourceRoute, dryRun: Bool, by manager: String? = nil, _ now: KubeTime
    ) throws(StatusError) -> JSONValue {
        let type = route.type
        var object = body.withoutType
        if type.storage == "events" { object = EventViews.stored(object, from: type) }
        let name: String
        if let given = object.text(at: "metadata.name"), !given.isEmpty {
            name = given
        } else if let prefix = object.text(at: "metadata.generateName"), !prefix.isEmpty {
            name = prefix + nextSuffix()
        } else {
            throw .invalid(
                type, "",
                [
                    .init(
                        "FieldValueRequired", "Required value: name or generateName is required", field: "metadata.name"
                    )
                ])
        }
        guard object.text(at: "metadata.resourceVersion") ?? "" == "" else {
            throw .badRequest("resourceVersion should not be set on objects to be created")
        }
        object[path: ["metadata", "name"]] = .string(name)
        try checkNamespace(&object, route)
        guard store.object(type.storage, route.key(name)) == nil else { throw .alreadyExists(type, name) }
        Defaults.prepare(&object, type, now)
        if let manager {
            object[path: ["metadata", "managedFields"]] = nil
            track(&object, over: .object([]), route, by: manager, now)
        }
        object[path: ["metadata", "uid"]] = .string(nextUID())
        object[path: ["metadata", "creationTimestamp"]] = .string(now.text)
        Defaults.apply(to: &object, type)
        try Validation.check(object, type, name)
        if !dryRun { object = store.put(type.storage, route.key(name), object) }
        return object.asType(type)
    }

    private func checkNamespace(_ object: inout JSONValue, _ route: ResourceRoute) throws(StatusError) {
        guard let namespace = route.namespace else { return }
        if let given = object.text(at: "metadata.namespace"), !given.isEmpty, given != namespace {
            throw .badRequest("the namespace of the provided object does not match the namespace sent on the request")
        }
        object[path: ["metadata", "namespace"]] = .string(namespace)
        guard options.demandsNamespaces else { return }
        let namespaces = ResourceType("v1", "namespaces", "Namespace", namespaced: false)
        guard let found = store.object("namespaces", namespace) else { throw .notFound(namespaces, namespace) }
        if found.text(at: "status.phase") == "Terminating" {
            let name = object.text(at: "metadata.name") ?? ""
            var error = StatusError(
                403, "Forbidden",
                "\(route.type.qualified) \"\(name)\" is forbidden: unable to create new content in namespace"
                    + " \(namespace) because it is being terminated")
            (error.name, error.kind, error.group) = (name, route.type.plural, route.type.group)
            error.causes = [
                .init("NamespaceTerminating", "namespace \(namespace) is being terminated", field: "metadata.namespace")
            ]
            throw error
        }
    }

    /// `PUT` and `PATCH`, of the object or its status.
    mutating func change(
        _ verb: String, _ route: ResourceRoute, _ request: KubeRequest, _ user: FakeUser, _ now: KubeTime
    ) throws(StatusError) -> KubeAnswer {
        let type = route.type
        guard let name = route.name else { throw .methodNotAllowed() }
        if verb == "patch" { try Patching.check(request, type) }
        if verb == "patch", request.contentType == Patching.apply { return try apply(route, request, now) }
        guard let old = store.object(type.storage, route.key(name)) else { throw .notFound(type, name) }
        var wanted: JSONValue
        if verb == "update" {
            wanted = try body(request, of: type)
            guard wanted.text(at: "metadata.name") ?? name == name else {
                throw .badRequest(
                    "the name of the object (\(wanted.text(at: "metadata.name") ?? "")) does not match the name on the"
                        + " URL (\(name))")
            }
        } else {
            let patched = try Patching.apply(request, to: old.asType(type), type)
            wanted = try known(patched, type, request) { paths in
                let body = String(decoding: request.body, as: UTF8.self)
                let message = "Invalid value: \"\(body)\": strict decoding error: \(paths)"
                return .invalid(type, name, [.init("FieldValueInvalid", message, field: "patch")])
            }
        }
        wanted = wanted.withoutType
        if type.storage == "events" { wanted = EventViews.stored(wanted, from: type) }
        wanted[path: ["metadata", "managedFields"]] = old[path: ["metadata", "managedFields"]]
        if type.storage == "pods", route.subresource != "status" {
            if let refusal = options.admission(&wanted, route.subresource ?? "") {
                throw .denied(type, name, by: refusal)
            }
            if route.subresource == "ephemeralcontainers" {
                wanted = try EphemeralContainers.add(from: wanted, to: old, type, name)
            }
        }
        let new = try store(
            wanted, over: old, route, isStatus: route.subresource == "status", dryRun: try Self.isDryRun(request),
            by: Self.manager(request), now)
        return KubeAnswer(200, .object(new.asType(type)))
    }

    /// Puts a changed object in the place of the old one, with what may not change taken from that. An object that is
    /// as it was keeps its version.
    mutating func store(
        _ wanted: JSONValue, over old: JSONValue, _ route: ResourceRoute, isStatus: Bool, dryRun: Bool,
        by manager: String? = nil, _ now: KubeTime = .now
    ) throws(StatusError) -> JSONValue {
        let type = route.type
        let name = route.name ?? ""
        let version = wanted.text(at: "metadata.resourceVersion") ?? ""
        guard version.isEmpty || version == old.text(at: "metadata.resourceVersion") else {
            throw .modified(type, name)
        }
        if let uid = wanted.text(at: "metadata.uid"), let own = old.text(at: "metadata.uid"), uid != own {
            let cause = StatusError.Cause(
                "FieldValueInvalid", "Invalid value: \"\(uid)\": field is immutable", field: "metadata.uid")
            throw .invalid(type, name, [cause])
        }
        var new = wanted
        let kept = [
            "name", "namespace", "uid", "creationTimestamp", "generateName", "selfLink", "deletionTimestamp",
            "deletionGracePeriodSeconds", "generation", "resourceVersion",
        ]
        for field in kept { new[path: ["metadata", field]] = old[path: ["metadata", field]] }
        if type.subresources.contains("status") {
            if isStatus {
                for member in old.members ?? [] where member.name != "status" && member.name != "metadata" {
                    new[member.name] = member.value
                }
                new[path: ["metadata", "ownerReferences"]] = old[path: ["metadata", "ownerReferences"]]
            } else {
                new["status"] = old["status"]
            }
        }
        for field in ["labels", "annotations", "finalizers", "ownerReferences"] {
            let value = new[path: ["metadata", field]]
            if value?.members?.isEmpty ?? value?.array?.isEmpty ?? false { new[path: ["metadata", field]] = nil }
        }
        if !isStatus, route.subresource != "ephemeralcontainers" {
            try Validation.checkChange(from: old, to: new, type, name)
        }
        guard !new.isEquivalent(to: old) else { return old }
        if !isStatus, let generation = old[path: ["metadata", "generation"]]?.integer,
            !(new["spec"] ?? .null).isEquivalent(to: old["spec"] ?? .null)
        {
            new[path: ["metadata", "generation"]] = .integer(Int64(generation + 1))
        }
        if let manager { track(&new, over: old, route, by: manager, now) }
        guard !dryRun else { return new }
        if route.subresource == "ephemeralcontainers" { EphemeralContainers.run(&new, script(route)) }
        let stored = store.put(type.storage, route.key(name), new)
        return removeIfFinished(stored, route) ?? stored
    }

    /// Whether nothing is written. `dryRun` knows one value.
    static func isDryRun(_ request: KubeRequest) throws(StatusError) -> Bool {
        guard let value = request.parameter("dryRun") else { return false }
        guard value == "All" else {
            var error = StatusError(
                422, "Invalid",
                "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: \"\(value)\": supported values:"
                    + " \"All\"")
            (error.group, error.kind) = ("meta.k8s.io", "CreateOptions")
            error.causes = [
                .init(
                    "FieldValueNotSupported", "Unsupported value: \"\(value)\": supported values: \"All\"",
                    field: "dryRun")
            ]
            throw error
        }
        return true
    }
}
