import Basics
import YAMLTree

/// Which objects of a resource a list or watch is about.
struct Selection: Sendable, Equatable {
    var storage: String
    /// `namespace/`, or empty for all.
    var prefix: String
    var labels = LabelSelector()
    var fields = FieldSelector()

    var hasSelectors: Bool { !labels.isEmpty || !fields.isEmpty }

    /// Whether objects that differ in their names alone may differ in this, too.
    var looksAtNames: Bool { fields.terms.contains { $0.field == "metadata.name" } }

    func matches(_ object: JSONValue) -> Bool {
        fields.matches(object)
            && (labels.isEmpty || labels.matches(object[path: ["metadata", "labels"]]?.texts ?? [:]))
    }
}
