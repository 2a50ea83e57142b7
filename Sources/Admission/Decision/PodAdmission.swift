internal import Basics
internal import Conversion
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import PodRules
internal import YAMLTree

/// The decision about a pod that is being created.
struct PodAdmission {
    private let object: YAMLNode
    private let namespace: String
    private let surroundings: AdmissionSurroundings

    init(_ object: YAMLNode, in namespace: String, _ surroundings: AdmissionSurroundings) {
        self.object = object
        self.namespace = namespace
        self.surroundings = surroundings
    }

    var decision: AdmissionDecision {
        let metadata = object["metadata"]
        guard metadata?["annotations"]?[WellKnownNames.Annotation.mirror] == nil else { return .init(.unasked) }
        let optIn = optIn(metadata?["labels"]?[WellKnownNames.Label.convert]?.text)
        guard optIn != .no else { return .init(.unasked) }
        // Hands off, whichever of us it is.
        guard metadata?["annotations"]?[WellKnownNames.Annotation.terminator]?.text != WellKnownNames.Label.disabled
        else { return .init(.unasked) }
        let stripped = StrippedPolicies(object)
        let decision = converting(stripped.restored, restored: stripped.names)
        guard optIn == .unknown, decision.result != .unchanged else { return decision }
        return leaving("its namespace's labels could not be read")
    }

    private enum OptIn {
        case yes, no, unknown
    }

    /// The pod's own label comes before the namespace's.
    private func optIn(_ label: String?) -> OptIn {
        switch label {
        case WellKnownNames.Label.enabled: .yes
        case WellKnownNames.Label.disabled: .no
        default: surroundings.namespace.map { $0.converts ? .yes : .no } ?? .unknown
        }
    }

    // MARK: Conversion

    /// - Parameters:
    ///   - pod: with the policies back in place that another webhook had taken away.
    ///   - restored: whose.
    private func converting(_ pod: YAMLNode, restored: [String]) -> AdmissionDecision {
        let bytes = Array(JSONValue(pod).text.utf8)
        let converter = StreamConverter(surroundings.options)
        let converted: ConvertedStream
        do throws(YAMLError) { converted = try converter.convert(bytes) } catch {
            return leaving("the pod could not be read: \(error)")
        }
        let diagnostics = converted.diagnostics
        guard !converted.isRefused else {
            return leaving(diagnostics.filter { $0.rule.severity == .error }.map(\.words).joined(separator: "; "))
        }
        guard converted.isChanged else {
            guard !restored.isEmpty else { return .init(.unchanged, warnings: warnings(diagnostics)) }
            return changing(to: pod, restored: restored, converter, diagnostics)
        }
        do throws(YAMLError) {
            return changing(to: try YAMLNode(json: converted.output), restored: restored, converter, diagnostics)
        } catch {
            return leaving("the converted pod could not be read: \(error)")
        }
    }

    private func changing(
        to pod: YAMLNode, restored: [String], _ converter: StreamConverter, _ diagnostics: [Diagnostic]
    ) -> AdmissionDecision {
        guard let version = surroundings.version else { return leaving("the API server's version is not known") }
        guard version >= .nativeSidecars else {
            return leaving("Kubernetes \(version) has no native sidecars; they came with \(KubeVersion.nativeSidecars)")
        }
        let check = PatchCheck(from: object, to: pod, by: converter)
        if let problem = check.problem { return leaving("the change was not sent: \(problem)") }
        var objections = Objections()
        // Who sent native sidecars knows of the nodes.
        if check.natives.count > restored.count {
            switch Objections.to(pod, object, surroundings) {
            case .failure(let why): return leaving(why.description)
            case .success(let found): objections = found
            }
        }
        var decision = AdmissionDecision(
            check.natives.count > restored.count ? .converted : .restored, patch: check.patch,
            warnings: warnings(diagnostics) + (object.controller == nil ? objections.warnings : []),
            sidecars: check.natives)
        guard !restored.isEmpty else { return decision }
        let note =
            "another webhook took restartPolicy: Always from \(restored.joined(separator: ", ")), which was put back; "
            + "update that webhook to one that knows native sidecars"
        decision.warnings.insert(note, at: 0)
        decision.event = event(AdmissionEvent.restored, note)
        return decision
    }

    /// A controller shows warnings to nobody; its Job was told when it was made.
    private func warnings(_ diagnostics: [Diagnostic]) -> [String] {
        guard object.controller == nil else { return [] }
        return diagnostics.filter { $0.rule.severity == .warning }.map(\.words)
    }

    // MARK: Words

    func leaving(_ why: String) -> AdmissionDecision {
        AdmissionDecision(
            .left, warnings: ["the pod is left as it was: \(why)"],
            event: event(AdmissionEvent.left, "A pod is created as it was, without native sidecars: \(why)"))
    }

    private func event(_ reason: String, _ note: String) -> ClusterEvent? {
        subject.map { ClusterEvent(.warning, regarding: $0, reason: reason, note: note) }
    }

    /// The owner, since the pod is not there yet. One without an owner is named by its name, if it has one.
    private var subject: ObjectReference? {
        if let owner = object.controller {
            return ObjectReference(
                apiVersion: owner["apiVersion"]?.text ?? "", kind: owner["kind"]?.text ?? "", namespace: namespace,
                name: owner["name"]?.text ?? "", uid: owner["uid"]?.text ?? "")
        }
        return object["metadata"]?["name"]?.text.map {
            ObjectReference(
                apiVersion: APIResource.pods.apiVersion, kind: APIResource.pods.kind, namespace: namespace, name: $0)
        }
    }
}

extension YAMLNode {
    /// The reference to the owner that controls this object.
    var controller: YAMLNode? {
        self["metadata"]?["ownerReferences"]?.sequence?.first { $0["controller"]?.text == "true" }
    }
}

extension Diagnostic {
    /// Without a line, because the object is not in a file; with advice that can be followed without a command line.
    var words: String {
        let annotation = WellKnownNames.Annotation.primaryContainer
        return "\(rule.id): \(message.replacing("with --primary", with: "by the annotation \(annotation)"))"
    }
}

/// What the nodes on which a pod may run have against native sidecars.
private struct Objections {
    /// For whoever sent the pod.
    var warnings: [String] = []

    struct Reason: Error, CustomStringConvertible {
        var description: String
    }

    /// - Parameters:
    ///   - converted: as it would be.
    ///   - pod: as it came.
    /// - Returns: why it is to stay as it is, or what is to be said of it.
    static func to(
        _ converted: YAMLNode, _ pod: YAMLNode, _ surroundings: AdmissionSurroundings
    ) -> Result<Objections, Reason> {
        guard let nodes = surroundings.nodes else {
            return .failure(Reason(description: "the nodes' versions could not be read"))
        }
        let system = pod["spec"]?["os"]?["name"]?.text ?? NodeFleet.linux
        let kinds = nodes.kinds(for: pod)
        let others = kinds.map(\.system).filter { !$0.isEmpty && $0 != NodeFleet.linux }
        // With Linux nodes at hand a pod that says nothing is for these.
        guard system == NodeFleet.linux, others.isEmpty || kinds.count > others.count else {
            return .failure(Reason(description: "it is for nodes that do not run Linux"))
        }
        let kubelets = kinds.filter { $0.system.isEmpty || $0.system == NodeFleet.linux }.compactMap(\.kubelet)
        var objections = Objections()
        for version in Set(kubelets).sorted() {
            guard version >= .nativeSidecars else {
                let since = KubeVersion.nativeSidecars
                return .failure(
                    Reason(description: "it may run on a node of \(version), which has no native sidecars (\(since))"))
            }
            for bug in KubeletBug.met(by: circumstances(of: converted), on: version) {
                let words = "it may run on a node of \(version): \(bug.words) (\(bug.source))"
                if bug.losesJobs { return .failure(Reason(description: words)) }
                if !objections.warnings.contains(words) { objections.warnings.append(words) }
            }
        }
        return .success(objections)
    }

    private static func circumstances(of pod: YAMLNode) -> KubeletBug.Circumstances {
        let natives = (pod["spec"]?["initContainers"]?.sequence ?? []).filter { $0["restartPolicy"]?.text == "Always" }
        return .init(
            restartPolicy: pod["spec"]?["restartPolicy"]?.text ?? "Always",
            hasStartupProbe: natives.contains { $0["startupProbe"]?.mapping != nil })
    }
}
