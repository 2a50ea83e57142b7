/// One rule of a role: what may be done with which objects.
struct AccessRule {
    var group: String
    var resources: [String]
    var verbs: [String]
    var names: [String] = []

    init(_ group: String, _ resources: [String], _ verbs: [String], names: [String] = []) {
        self.group = group
        self.resources = resources
        self.verbs = verbs
        self.names = names
    }

    var manifest: Manifest {
        .map(present: [
            "apiGroups": [.text(group)], "resources": .texts(resources),
            "resourceNames": names.isEmpty ? nil : .texts(names), "verbs": .texts(verbs),
        ])
    }
}
