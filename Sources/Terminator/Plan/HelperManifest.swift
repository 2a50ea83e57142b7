internal import Basics
internal import PodRules
internal import YAMLTree

/// The ephemeral containers that we add to pods, as they are written. Made from the container as the server has it: what
/// of it decides whether a program starts is taken over as it stands, and nothing that is refused in such a container.
struct HelperManifest: Equatable {
    let value: JSONValue

    /// What a container may have in common with one that rehearses it. Ports, probes, hooks, resources and restart policy
    /// are refused.
    private static let rehearsed = [
        "command", "args", "workingDir", "env", "envFrom", "securityContext", "imagePullPolicy",
    ]
    /// For a program that needs nothing but to be allowed.
    private static let signalling = ["securityContext"]

    /// Runs `image` as the container would run it after a swap.
    static func rehearsal(_ name: String, of container: YAMLNode, image: String) -> HelperManifest {
        var members = taken(rehearsed, from: container)
        // One that mounts a part of a volume is refused; what that could hide was looked at before.
        let mounts = (container["volumeMounts"]?.sequence ?? []).filter {
            $0["subPath"] == nil && $0["subPathExpr"] == nil
        }
        if !mounts.isEmpty { members.append(.init("volumeMounts", .array(mounts.map { JSONValue($0) }))) }
        return make(name, image, members)
    }

    /// Tells as whom process 1 of the container runs, as its last words.
    static func user(_ name: String, of container: YAMLNode, image: String) -> HelperManifest {
        make(name, image, taken(signalling, from: container) + beside(container, ["user"]))
    }

    /// Sends `signal` to process 1 of the container, as that one's user.
    static func signal(_ name: String, _ signal: String, to container: YAMLNode, as user: Int64, image: String)
        -> HelperManifest
    {
        var security: [JSONValue.Member] = []
        if case .object(let members)? = container["securityContext"].map({ JSONValue($0) }) {
            // Who may not be root is not root, or there would be nobody to signal.
            security = members.filter { $0.name != "runAsUser" && (user != 0 || $0.name != "runAsNonRoot") }
        }
        security.append(.init("runAsUser", .integer(user)))
        return make(
            name, image, [.init("securityContext", .object(security))] + beside(container, [signal]))
    }

    private static func taken(_ fields: [String], from container: YAMLNode) -> [JSONValue.Member] {
        fields.compactMap { field in container[field].map { .init(field, JSONValue($0)) } }
    }

    private static func beside(_ container: YAMLNode, _ arguments: [String]) -> [JSONValue.Member] {
        [
            .init("command", .array(([program] + arguments).map { .string($0) })),
            .init("imagePullPolicy", "IfNotPresent"),
            .init("targetContainerName", .string(container["name"]?.text ?? "")),
        ]
    }

    /// The exit image's second program.
    private static let program = "/kpipe-signal"

    private static func make(_ name: String, _ image: String, _ members: [JSONValue.Member]) -> HelperManifest {
        HelperManifest(
            value: .object([.init("name", .string(name)), .init("image", .string(image))] + members))
    }
}
