/// One rule of a role: what may be done with which objects.
public struct AccessRule: Sendable, Equatable {
    public var group: String
    /// `pods`, `pods/status` …
    public var resources: [String]
    public var verbs: [String]
    public var names: [String] = []
    /// What the program needs it for.
    public var purpose: String

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
