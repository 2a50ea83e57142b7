/// One rule of a role: what may be done with which objects.
package struct AccessRule: Sendable, Equatable {
    package var group: String
    /// `pods`, `pods/status` …
    package var resources: [String]
    package var verbs: [String]
    package var names: [String] = []
    /// What the program needs it for.
    package var purpose: String

    init(
        _ group: String, _ resources: [String], _ verbs: [String], names: [String] = [], for purpose: String
    ) {
        self.group = group
        self.resources = resources
        self.verbs = verbs
        self.names = names
        self.purpose = purpose
    }

    var manifest: Manifest {
        .map(present: [
            "apiGroups": [.text(group)], "resources": .texts(resources),
            "resourceNames": names.isEmpty ? nil : .texts(names), "verbs": .texts(verbs),
        ])
    }
}
