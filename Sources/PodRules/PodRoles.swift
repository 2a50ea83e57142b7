package import KubeModel

/// Who of a pod is main and who is a sidecar: the one reading of all markers, whether the pod came off the wire or stands
/// in a manifest. An explicit word comes before what is merely known.
package struct PodRoles: Sendable, Equatable {
    /// Of the containers, in their order. Init containers, native sidecars among them, have none: they are the kubelet's
    /// business.
    package private(set) var roles: [Role] = []
    /// An annotation names a main container that the pod does not have.
    package private(set) var missingPrimary: String?
    /// Annotations that cannot be followed.
    package private(set) var findings: [Finding] = []

    /// An annotation that names a container which the pod does not have.
    package struct Finding: Sendable, Equatable, CustomStringConvertible {
        package var annotation: String
        package var container: String

        package var description: String {
            "the annotation \(annotation) names \(container), which is no container of this pod"
        }
    }

    /// - Parameters:
    ///   - marks: of the containers, in their order.
    ///   - initContainers: their names; to name one in an annotation is no mistake.
    ///   - countsKnown: known sidecars count, although the pod itself asks for nothing.
    ///   - annotation: the value of the pod's annotation with a key; asked for the keys in `rules` alone.
    ///   - label: likewise, for `WellKnownNames.Label.terminateKnown`.
    package init(
        _ marks: [ContainerMarks], initContainers: [String], rules: MarkerRules, countsKnown: Bool,
        annotation: (String) -> String?, label: (String) -> String?
    ) {
        func values(_ keys: [String]) -> [(key: String, value: String)] {
            keys.compactMap { key in
                annotation(key).flatMap { $0.isEmpty ? nil : (key, $0) }
            }
        }
        let primaries = values(rules.primaryAnnotations)
        let lists = values(rules.sidecarAnnotations)

        let primary = primaries.first { named in marks.contains { $0.name == named.value } }
        if primary == nil, let missing = primaries.first {
            missingPrimary = missing.value
            findings.append(Finding(annotation: missing.key, container: missing.value))
        }
        // Container name to the annotation that names it.
        var listed: [String: String] = [:]
        let known = lists.isEmpty ? [] : Set(marks.map(\.name)).union(initContainers)
        for (key, value) in lists {
            for name in Self.names(in: value) {
                if listed[name] == nil { listed[name] = key }
                if !known.contains(name) { findings.append(Finding(annotation: key, container: name)) }
            }
        }
        // A pod without a marker is none of our business, unless its namespace or a label of its own asks for it.
        let countsKnown =
            countsKnown || !primaries.isEmpty || !lists.isEmpty || marks.contains { $0.variable != nil }
            || label(WellKnownNames.Label.terminateKnown) == WellKnownNames.Label.enabled
        roles = marks.map { container in
            if let primary {
                return container.name == primary.value
                    ? .main(.primary(annotation: primary.key)) : .sidecar(.notPrimary(annotation: primary.key))
            }
            if let variable = container.variable { return .sidecar(.variable(variable)) }
            if let key = listed[container.name] { return .sidecar(.annotation(key)) }
            if countsKnown, rules.rule(for: container)?.isKnown == true { return .sidecar(.known) }
            return .main(.unmarked)
        }
    }

    package init(_ pod: Pod, rules: MarkerRules, countsKnown: Bool) {
        self.init(
            pod.spec.containers.map(ContainerMarks.init), initContainers: pod.spec.initContainers.map(\.name),
            rules: rules, countsKnown: countsKnown,
            annotation: { pod.metadata.annotations[$0] }, label: { pod.metadata.labels[$0] })
    }

    /// `a, b` as names.
    package static func names(in text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }
}

/// What a container says about its own role.
package struct ContainerMarks: Sendable, Equatable {
    package let name: String
    package let image: String
    /// The variable that marks it as a sidecar.
    package let variable: String?

    /// - Parameter variable: the literal value of the container's variable with a name.
    package init(name: String, image: String, variable value: (String) -> String?) {
        self.name = name
        self.image = image
        variable = SidecarVariable.all.first { value($0.name).map($0.marks) == true }?.name
    }

    init(_ container: Container) {
        self.init(name: container.name, image: container.image, variable: container.variable)
    }
}

/// A variable by which a container says that it is a sidecar.
struct SidecarVariable: Sendable {
    let name: String
    /// Whether it says so with this value.
    let marks: @Sendable (String) -> Bool

    /// The first one that marks a container is the reason that is told.
    static let all = [
        SidecarVariable(name: WellKnownNames.Variable.terminate) { isTrue($0) },
        // An empty image marks nothing, as in Kruise.
        SidecarVariable(name: WellKnownNames.Variable.terminateWithImage) { !$0.isEmpty },
        SidecarVariable(name: WellKnownNames.Variable.eciType) { $0 == "sidecar" },
    ]

    /// As Kruise reads it.
    static func isTrue(_ text: String) -> Bool { text.lowercased() == "true" }
}

extension Container {
    /// The literal value of a variable. Where a name stands twice the later one counts, as it does for the program.
    func variable(_ name: String) -> String? { env.last { $0.name == name }?.value }
}

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

    /// Whether an annotation names it as the only main container, which no other word can change.
    package var isPrimary: Bool {
        if case .main(.primary) = self { true } else { false }
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
