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
