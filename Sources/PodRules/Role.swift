package import KubeModel

/// What a container counts as, and what says so.
package enum Role: Sendable, Equatable {
    case main(MainReason)
    case sidecar(SidecarReason)

    package enum MainReason: Sendable, Equatable {
        case unmarked
        /// Named by the annotation with this key.
        case primary(annotation: String)
    }

    package enum SidecarReason: Sendable, Equatable {
        /// Carries this variable.
        case variable(String)
        /// Named by the annotation with this key.
        case annotation(String)
        /// The annotation with this key names another container as the only main one.
        case notPrimary(annotation: String)
        /// In the list of known sidecars.
        case known
    }

    package var isSidecar: Bool {
        if case .sidecar = self { true } else { false }
    }
}

extension Role: CustomStringConvertible {
    /// As a person reads it: `sidecar (annotation sidecar.k-pipe.cloud/sidecars)`.
    package var description: String { "\(word) (\(reason))" }

    package var word: String { isSidecar ? "sidecar" : "main" }

    package var reason: String {
        switch self {
        case .main(.unmarked): "no marker"
        case .main(.primary(let key)), .sidecar(.annotation(let key)): "annotation \(key)"
        case .sidecar(.variable(let name)): "variable \(name)"
        case .sidecar(.notPrimary(let key)): "not the one named by \(key)"
        case .sidecar(.known): "known sidecar"
        }
    }
}

extension Role.SidecarReason {
    /// The marker by which an operator's configuration may choose a ladder; `nil` for known sidecars.
    package var marker: String? {
        switch self {
        case .variable(let name), .annotation(let name), .notPrimary(let name): name
        case .known: nil
        }
    }
}

/// Reads a pod's markers: who is main and who is a sidecar. An explicit word comes before what is merely known.
package struct RoleReader {
    private let annotations: [String: String]
    private let rules: MarkerRules
    private let countsKnown: Bool
    private let primary: (name: String, key: String)?
    /// Container name to the annotation that names it.
    private var named: [String: String] = [:]
    package private(set) var missingPrimary: String?
    package private(set) var findings: [String] = []

    package init(_ pod: Pod, rules: MarkerRules, countsKnown: Bool) {
        self.rules = rules
        annotations = pod.metadata.annotations
        let asksForKnown = pod.metadata.labels[WellKnownNames.Label.terminateKnown] == "enabled"
        self.countsKnown = countsKnown || asksForKnown || rules.isMarked(pod)
        let containers = Set(pod.spec.containers.map(\.name))
        let all = containers.union(pod.spec.initContainers.map(\.name))

        let primaries = rules.primaryAnnotations.compactMap { key in
            pod.metadata.annotations[key].flatMap { $0.isEmpty ? nil : (name: $0, key: key) }
        }
        primary = primaries.first { containers.contains($0.name) }
        if primary == nil, let missing = primaries.first {
            missingPrimary = missing.name
            findings.append("the annotation \(missing.key) names \(missing.name), which is no container of this pod")
        }
        for key in rules.sidecarAnnotations {
            for name in Self.names(annotations[key] ?? "") {
                named[name] = named[name] ?? key
                if !all.contains(name) {
                    findings.append("the annotation \(key) names \(name), which is no container of this pod")
                }
            }
        }
    }

    /// `a, b` as names.
    private static func names(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }

    package func role(of container: Container) -> Role {
        if let primary {
            return container.name == primary.name
                ? .main(.primary(annotation: primary.key)) : .sidecar(.notPrimary(annotation: primary.key))
        }
        if let variable = container.sidecarVariable { return .sidecar(.variable(variable)) }
        if let key = named[container.name] { return .sidecar(.annotation(key)) }
        if countsKnown, rules.rule(for: container)?.isKnown == true { return .sidecar(.known) }
        return .main(.unmarked)
    }

    package mutating func quit(of container: String) -> QuitEndpoint? {
        let key = WellKnownNames.Annotation.quitPrefix + container
        guard let text = annotations[key] else { return nil }
        guard let endpoint = QuitEndpoint(text) else {
            findings.append("the annotation \(key) is not \(QuitEndpoint.expectation)")
            return nil
        }
        return endpoint
    }
}
