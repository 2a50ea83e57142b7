internal import Basics
internal import KubeClient
internal import KubeModel
internal import PodRules
internal import YAMLTree

/// Adds ephemeral containers to pods: to try what a swap would do, and to send signals.
struct PodHelpers: Sendable {
    let api: any KubeAPI

    /// Tries the exit image beside containers, all in one request, once the swap itself has been admitted on trial.
    ///
    /// - Parameter swap: the patch that would be made.
    func rehearse(
        _ containers: [String: HelperPurpose], image: String, swap: APIRequest, in pod: PodFacts
    ) async throws {
        let document = try await document(pod)
        try check(try await api.document(swap), swapping: containers.mapValues { _ in image }, against: document)
        let manifests = try containers.sorted { $0.key < $1.key }.map { name, purpose in
            HelperManifest.rehearsal(
                purpose.name(for: name, image), of: try container(name, in: document), image: image)
        }
        try await add(manifests, to: pod)
    }

    /// Signals process 1 of a container, or finds out first as whom that runs: then this is to be called once more.
    func signal(_ name: String, _ stop: ExecStop, image: String, in pod: PodFacts) async throws {
        let document = try await document(pod)
        let container = try container(name, in: document)
        let user =
            [container["securityContext"], document["spec"]?["securityContext"]].lazy
            .compactMap { $0?["runAsUser"]?.text.flatMap { Int64($0) } }.first
            ?? Self.lastWords(of: HelperPurpose.user.name(for: name, image), in: document)
        let manifest =
            user.map { user in
                HelperManifest.signal(
                    HelperPurpose.signal.name(for: name, image), stop.command.isEmpty ? stop.signal : "TERM",
                    to: container, as: user, image: image)
            } ?? HelperManifest.user(HelperPurpose.user.name(for: name, image), of: container, image: image)
        try await add([manifest], to: pod)
    }

    private static func lastWords(of helper: String, in document: YAMLNode) -> Int64? {
        let statuses = document["status"]?["ephemeralContainerStatuses"]?.sequence ?? []
        let status = statuses.first { $0["name"]?.text == helper }
        return status?["state"]?["terminated"]?["message"]?.text.flatMap { Int64($0) }.flatMap {
            (0...Int64(Int32.max)).contains($0) ? $0 : nil
        }
    }

    /// The pod whole, as it is now.
    private func document(_ pod: PodFacts) async throws -> YAMLNode {
        let document = try await api.document(.get(.pods, pod.key))
        guard document["metadata"]?["uid"]?.text == pod.uid else {
            throw CallFailure(description: "it is another pod now")
        }
        return document
    }

    private func container(_ name: String, in document: YAMLNode) throws -> YAMLNode {
        let containers = document["spec"]?["containers"]?.sequence ?? []
        guard let container = containers.first(where: { $0["name"]?.text == name }) else {
            throw CallFailure(description: "the pod has no container \(name)")
        }
        return container
    }

    /// A policy may have made something else of it, and would again.
    private func check(_ answer: YAMLNode, swapping swaps: [String: String], against document: YAMLNode) throws {
        func images(of pod: YAMLNode) -> [String: String] {
            let pairs = (pod["spec"]?["containers"]?.sequence ?? []).map {
                ($0["name"]?.text ?? "", $0["image"]?.text ?? "")
            }
            return Dictionary(pairs) { first, _ in first }
        }
        let wanted = images(of: document).merging(swaps) { _, new in new }
        for (name, image) in images(of: answer).sorted(by: { $0.key < $1.key }) where wanted[name] != image {
            throw CallFailure(description: "admission would make \(image) of the image of \(name)")
        }
    }

    private func add(_ manifests: [HelperManifest], to pod: PodFacts) async throws {
        let patch: JSONValue = [
            "metadata": ["uid": .string(pod.uid)], "spec": ["ephemeralContainers": .array(manifests.map(\.value))],
        ]
        do throws(KubeError) {
            _ = try await api.send(.patch(.pods, pod.key, subresource: "ephemeralcontainers", .strategic(patch)))
        } catch {
            // The pod was there a moment ago: it is the subresource that is missing.
            if error.status?.code == 404 { throw CallFailure(description: "ephemeral containers are not served here") }
            throw error
        }
    }
}

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
