package import Basics
import YAMLTree

/// A Kubernetes API server as a value: a request in, a reply out. It has no socket, no clock and no threads.
package struct FakeAPI: Sendable {
    package var store: FakeStore
    package var catalogue: ResourceCatalogue
    package var access = AccessRules()
    package var options = Options()
    /// By `namespace/name`: what goes on inside pods. `anyPod` stands for all others.
    package var pods: [String: PodScript] = [:]
    package var anyPod = PodScript()
    /// Counts up for uids and for the suffixes of generated names.
    var serial = 0

    package struct Options: Sendable {
        /// Whether objects are refused in a namespace that does not exist.
        package var demandsNamespaces = true
        /// The version that `/version` tells.
        package var version = "v1.36.2"
        /// Whether the server streams the initial list (`sendInitialEvents`), as servers before 1.32 did not.
        package var streamsLists = true
        /// What exec speaks; servers before 1.30 know v4 alone.
        package var execProtocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

        /// What is done to a pod that is about to be changed, and why it is refused. Beside the pod it is told the
        /// subresource, empty for the pod itself.
        package var admission: @Sendable (inout JSONValue, String) -> String? = { _, _ in nil }

        package init() {}
    }

    package init(catalogue: ResourceCatalogue = ResourceCatalogue(), now: KubeTime = KubeTime(seconds: 1_795_226_400)) {
        self.catalogue = catalogue
        store = FakeStore()
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] { addNamespace(name, now: now) }
    }

    package mutating func handle(_ request: KubeRequest, now: KubeTime) -> KubeReply {
        do throws(StatusError) {
            return try reply(to: request, now: now)
        } catch {
            return .answer(KubeAnswer(error))
        }
    }

    private mutating func reply(to request: KubeRequest, now: KubeTime) throws(StatusError) -> KubeReply {
        let user = try access.authenticate(request)
        switch Route(request.path, in: catalogue) {
        case .document(let path): return .answer(try document(path, request, user))
        case .unknownPath: return .answer(.text(404, "404 page not found\n"))
        case .unknownResource: throw .noSuchResource
        case .resource(let route):
            let isWatch = request.flag("watch")
            guard let verb = route.verb(request.method, isWatch: isWatch) else { throw .methodNotAllowed() }
            try authorize(user, verb, route)
            guard route.subresource != nil || route.type.verbs.contains(verb) else { throw .methodNotAllowed() }
            _ = try Acceptance(request)
            let reply = try perform(verb, route, request, user, now)
            guard case .answer(var answer) = reply else { return reply }
            answer.type = route.type
            return .answer(answer)
        }
    }

    func authorize(_ user: FakeUser, _ verb: String, _ route: ResourceRoute) throws(StatusError) {
        let attributes = AccessRules.Attributes(
            verb: verb, group: route.type.group, resource: route.type.plural, subresource: route.subresource,
            namespace: route.namespace, name: route.name)
        guard access.allows(user, attributes) else {
            throw .forbidden(
                user: user.name, verb: verb, type: route.type, subresource: route.subresource,
                namespace: route.namespace, name: route.name)
        }
    }

    private mutating func perform(
        _ verb: String, _ route: ResourceRoute, _ request: KubeRequest, _ user: FakeUser, _ now: KubeTime
    ) throws(StatusError) -> KubeReply {
        switch (route.subresource, verb) {
        case (nil, "get"), ("status"?, "get"):
            return .answer(KubeAnswer(200, .object(try get(route))))
        case (nil, "list"): return .answer(try list(route, request))
        case (nil, "watch"): return .watch(try watch(route, request))
        case (nil, "create"): return .answer(try create(route, request, user, now))
        case (nil, "update"), (nil, "patch"), ("status"?, "update"), ("status"?, "patch"),
            ("ephemeralcontainers"?, "update"), ("ephemeralcontainers"?, "patch"):
            return .answer(try change(verb, route, request, user, now))
        case (nil, "delete"): return .answer(try delete(route, request, now))
        case (nil, "deletecollection"): return .answer(try deleteCollection(route, request, now))
        case ("log"?, "get"): return .answer(try log(route, request))
        case ("proxy"?, _): return .answer(try proxy(route, request))
        case ("exec"?, _), ("attach"?, _), ("portforward"?, _):
            _ = try podStream(request)
            throw .badRequest("Upgrade request required")
        default: throw .methodNotAllowed()
        }
    }

    mutating func nextUID() -> String {
        serial += 1
        let digits = String(serial, radix: 16)
        return "fa4e0000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits
    }

    /// Five letters as `generateName` appends them, the same in each run.
    mutating func nextSuffix() -> String {
        serial += 1
        let letters = Array("bcdfghjklmnpqrstvwxz2456789")
        var rest = UInt64(serial) &* 0x9E37_79B9_7F4A_7C15 >> 20
        return String(
            (0..<5).map { _ in
                defer { rest /= UInt64(letters.count) }
                return letters[Int(rest % UInt64(letters.count))]
            })
    }
}
