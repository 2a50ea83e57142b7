internal import KubeModel

/// What a namespace's labels say to us.
package struct NamespaceLabels: Sendable, Equatable {
    /// Its pods are to be converted.
    package var converts: Bool
    /// Known sidecars count there without a marker.
    package var countsKnown: Bool

    package init(converts: Bool = false, countsKnown: Bool = false) {
        self.converts = converts
        self.countsKnown = countsKnown
    }

    init(_ labels: [String: String]) {
        self.init(
            converts: labels[WellKnownNames.Label.convert] == WellKnownNames.Label.enabled,
            countsKnown: labels[WellKnownNames.Label.terminateKnown] == WellKnownNames.Label.enabled)
    }
}
