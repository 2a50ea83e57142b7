import Basics
import YAMLTree

extension FakeAPI {
    mutating func apply(_ route: ResourceRoute, _ request: KubeRequest, _ now: KubeTime) throws(StatusError)
        -> KubeAnswer
    {
        let type = route.type
        guard let name = route.name, let manager = request.parameter("fieldManager") else {
            var error = StatusError(
                422, "Invalid",
                "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
            (error.group, error.kind) = ("meta.k8s.io", "PatchOptions")
            error.causes = [
                .init("FieldValueRequired", "Required value: is required for apply patch", field: "fieldManager")
            ]
            throw error
        }
        guard let body = try? JSONValue(parsing: request.body), body.members != nil else {
            throw .badRequest("error decoding YAML: yaml: invalid document")
        }
        guard body["kind"]?.string == type.kind, body["apiVersion"]?.string == type.apiVersion else {
            throw .badRequest("invalid object type: /, Kind=\(body["kind"]?.string ?? "")")
        }
        var wanted = try known(body, type, request) { .badRequest("strict decoding error: \($0)") }
        guard wanted[path: ["metadata", "managedFields"]] == nil else {
            throw .badRequest("metadata.managedFields must be nil")
        }
        wanted[path: ["metadata", "name"]] = .string(name)
        let entry = ManagedFields.Entry(
            manager: manager, operation: "Apply", subresource: route.subresource, apiVersion: type.apiVersion,
            time: now.text, paths: [])
        let apply = ServerSideApply(message: KubeSchema.builtIn.message(for: type))
        let dryRun = try Self.isDryRun(request)
        guard let live = store.object(type.storage, route.key(name)) else {
            guard route.subresource == nil else { throw .notFound(type, name) }
            let new = try apply.apply(wanted, to: wanted, by: entry, force: true)
            return KubeAnswer(201, .object(try create(new, route, dryRun: dryRun, now)))
        }
        let merged = try apply.apply(wanted, to: live.asType(type), by: entry, force: request.flag("force"))
        let stored = try store(
            merged.withoutType, over: live, route, isStatus: route.subresource == "status", dryRun: dryRun)
        return KubeAnswer(200, .object(stored.asType(type)))
    }

    /// Notes in the object who changed what.
    func track(_ new: inout JSONValue, over old: JSONValue, _ route: ResourceRoute, by manager: String, _ now: KubeTime)
    {
        let message = KubeSchema.builtIn.message(for: route.type)
        var managed = ManagedFields(of: old)
        managed.update(
            by: ManagedFields.Entry(
                manager: manager, operation: "Update", subresource: route.subresource,
                apiVersion: route.type.apiVersion, time: now.text, paths: []),
            from: FieldLeaves(of: old, message), to: FieldLeaves(of: new, message))
        new[path: ["metadata", "managedFields"]] = managed.value
    }

    /// The name under which an ordinary write is noted.
    static func manager(_ request: KubeRequest) -> String {
        request.parameter("fieldManager") ?? String((request.header("User-Agent") ?? "unknown").prefix { $0 != "/" })
    }
}
