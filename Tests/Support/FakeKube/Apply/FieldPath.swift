import Basics
import YAMLTree

/// A place in an object in the notation of `FieldsV1`: `f:` a member, `k:` a list's element by its keys, `v:` an element
/// of a set, `.` the element itself.
struct FieldPath: Sendable, Hashable, Comparable {
    var steps: [String]

    init(_ steps: [String] = []) { self.steps = steps }

    func appending(_ step: String) -> FieldPath { FieldPath(steps + [step]) }

    static func < (one: FieldPath, other: FieldPath) -> Bool { one.steps.lexicographicallyPrecedes(other.steps) }

    static func key(of element: JSONValue, _ keys: [String]) -> String {
        let members = keys.compactMap { name in element[name].map { JSONValue.Member(name, $0) } }
        return "k:" + JSONValue.object(members.sorted { $0.name < $1.name }).text
    }

    /// As messages write it: `.spec.containers[name="main"].image`.
    var words: String {
        steps.map { step -> String in
            switch step.prefix(2) {
            case "f:": return ".\(step.dropFirst(2))"
            case "v:": return "[=\(step.dropFirst(2))]"
            case "k:":
                let keys = (try? JSONValue(parsing: String(step.dropFirst(2))))?.members ?? []
                return "[" + keys.map { "\($0.name)=\($0.value.text)" }.joined(separator: ",") + "]"
            default: return ""
            }
        }.joined()
    }
}
