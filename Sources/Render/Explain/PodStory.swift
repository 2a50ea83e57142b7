internal import Basics
package import Conversion
internal import PodRules
package import YAMLTree

/// What of a pod decides when its containers start and end, and what becomes of it.
package struct PodStory: Sendable, Equatable {
    package struct Member: Sendable, Equatable {
        package enum Role: String, Sendable {
            /// Ends before the next one starts.
            case initial = "init"
            case native = "native sidecar"
            /// An ordinary container that runs on beside main.
            case sidecar
            case main
        }

        package let name: String
        package let role: Role
        /// What has to happen before the next container starts, of an init container.
        package let gates: [String]
        package let hasPreStop: Bool
    }

    /// `Job nightly`
    package let title: String
    package let restartPolicy: String
    package let isJob: Bool
    package let grace: Int
    /// In the order in which they start; those of one time in the order of the list.
    package let members: [Member]

    package var mains: [Member] { members.filter { $0.role == .main } }
    package var natives: [Member] { members.filter { $0.role == .native } }
    package var sidecars: [Member] { members.filter { $0.role == .sidecar } }
    package var isToEnd: Bool { restartPolicy != "Always" }

    /// - Parameter sidecars: ordinary containers that are some.
    init(_ pod: ManifestPod, sidecars: Set<String>) {
        let object = pod.place.object
        let kind = object["kind"]?.text ?? "Pod"
        let name =
            object.at("metadata", "name")?.text ?? object.at("metadata", "generateName")?.text ?? "without a name"
        title = "\(kind) \(name)"
        restartPolicy = pod.spec["restartPolicy"]?.text ?? "Always"
        isJob = pod.isToEnd && kind != "Pod"
        grace = pod.spec["terminationGracePeriodSeconds"]?.text.flatMap { Int($0) } ?? 30
        members =
            pod.initContainers.map { Member($0, $0.isNativeSidecar ? .native : .initial) }
            + pod.containers.map { Member($0, sidecars.contains($0.name) ? .sidecar : .main) }
    }
}

extension PodStory.Member {
    init(_ container: ManifestContainer, _ role: Role) {
        var gates: [String] = []
        switch role {
        case .initial: gates = ["its end"]
        case .native:
            if container.node.at("lifecycle", "postStart") != nil { gates.append("its postStart hook") }
            if container.node["startupProbe"] != nil { gates.append("its startupProbe") }
        case .main, .sidecar: break
        }
        self.init(
            name: container.name, role: role, gates: gates,
            hasPreStop: container.node.at("lifecycle", "preStop") != nil)
    }
}

/// A pod before and after its conversion, and what was found.
package struct PodExplanation: Sendable {
    package let before: PodStory
    /// `nil` where nothing changes.
    package let after: PodStory?
    package let findings: [Diagnostic]

    /// All pods of a stream, in their order.
    package static func all(in bytes: [UInt8], _ options: ConversionOptions) throws(YAMLError) -> [PodExplanation] {
        let converted = try StreamConverter(options).convert(bytes)
        let old = try ManifestPod.all(in: bytes, podSpecPaths: options.podSpecPaths)
        let new = try ManifestPod.all(in: converted.output, podSpecPaths: options.podSpecPaths)
        guard old.count == new.count else { return [] }
        return zip(old, new).map { old, new in
            let natives = Set(new.initContainers.filter(\.isNativeSidecar).map(\.name))
            let moved = natives.intersection(old.containers.map(\.name))
            let object = old.place.object
            let range = object.offset...max(object.offset, object.end)
            return PodExplanation(
                before: PodStory(old, sidecars: moved), after: moved.isEmpty ? nil : PodStory(new, sidecars: []),
                findings: converted.diagnostics.filter { range.contains($0.offset) && $0.severity != .note })
        }
    }
}
