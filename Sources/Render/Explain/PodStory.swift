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

/// What becomes of a pod, case by case: by KEP-753 and KEP-5307, and as measured on real nodes.
package struct PodOutcome: Sendable, Equatable {
    package let event: String
    package let result: String
}

extension PodStory {
    /// In the order in which a reviewer asks.
    package var outcomes: [PodOutcome] {
        var outcomes = [PodOutcome(event: "start", result: start), PodOutcome(event: "main succeeds", result: success)]
        outcomes.append(PodOutcome(event: "main fails", result: failure("fails")))
        outcomes.append(PodOutcome(event: "main is OOM-killed", result: failure("is killed, exit code 137")))
        if !natives.isEmpty || !sidecars.isEmpty {
            outcomes.append(PodOutcome(event: "a sidecar crashes", result: crash))
            outcomes.append(PodOutcome(event: "a sidecar cannot start", result: noStart))
        }
        outcomes.append(PodOutcome(event: "the pod is deleted", result: deletion))
        return outcomes
    }

    private func names(_ members: [Member]) -> String { members.map(\.name).joined(separator: ", ") }

    private var start: String {
        var steps = members.filter { $0.role == .initial || $0.role == .native }.map { member in
            member.gates.isEmpty
                ? "\(member.name) (the next one as soon as it runs)"
                : "\(member.name) (the next one after \(member.gates.joined(separator: " and ")))"
        }
        let others = members.filter { $0.role == .main || $0.role == .sidecar }
        steps.append(others.count > 1 ? "\(names(others)) at once" : names(others))
        return steps.joined(separator: "; then ")
    }

    private var holder: String { isJob ? "the Job" : "the pod" }

    private var success: String {
        guard isToEnd else { return "it is started again, as its restart policy says" }
        if !sidecars.isEmpty {
            return "\(names(sidecars)) runs on and \(holder) never completes, unless a terminator ends it"
        }
        guard !natives.isEmpty else { return "\(holder) completes" }
        return
            "SIGTERM to \(names(natives.reversed())), one after another; \(holder) completes, whatever they exit with"
    }

    private func failure(_ what: String) -> String {
        let rest = natives.isEmpty ? names(sidecars) : names(natives)
        let goesOn = rest.isEmpty ? "" : "; \(rest) runs on meanwhile"
        switch restartPolicy {
        case "Never":
            if !sidecars.isEmpty {
                return "main \(what); \(holder) fails only once \(names(sidecars)) has ended as well"
            }
            let ended = natives.isEmpty ? "" : "\(names(natives.reversed())) gets SIGTERM, "
            return "main \(what); \(ended)the pod fails"
                + (isJob ? ", and the Job tries again up to its backoffLimit" : "")
        case "OnFailure":
            return "main \(what) and is started again\(goesOn)"
                + (isJob ? "; each restart counts for the backoffLimit" : "")
        default: return "main \(what) and is started again\(goesOn)"
        }
    }

    private var crash: String {
        if sidecars.isEmpty {
            let counted = isJob && restartPolicy == "OnFailure" ? "; its restarts count for the Job's backoffLimit" : ""
            return "it is started again, and its exit code decides nothing\(counted)"
        }
        switch restartPolicy {
        case "Never": return "it stays down, and the pod fails in the end although main succeeds"
        case "OnFailure":
            return "it is started again" + (isJob ? "; each restart counts for the Job's backoffLimit" : "")
        default: return "it is started again"
        }
    }

    private var noStart: String {
        guard sidecars.isEmpty else {
            return "main runs anyway" + (isToEnd ? "; \(holder) never completes while it waits for its image" : "")
        }
        return "main waits for ever: nothing behind it in the list starts"
    }

    private var deletion: String {
        let hooks = members.filter { $0.hasPreStop && $0.role != .initial }
        let first = hooks.isEmpty ? "" : "preStop of \(names(hooks)) at once; "
        let others = members.filter { $0.role == .main || $0.role == .sidecar }
        let then = natives.isEmpty ? "" : ", then to \(names(natives.reversed())), one after another"
        return
            "\(first)SIGTERM to \(names(others))\(others.count > 1 ? " at once" : "")\(then); SIGKILL after \(grace) s in all"
    }
}
