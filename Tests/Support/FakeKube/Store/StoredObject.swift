import Basics
import YAMLTree

/// An object at rest. Benchmarks keep a hundred thousand alike: those stay a number until someone looks.
enum StoredObject: Sendable {
    case value(JSONValue)
    case template(ObjectTemplate, Int)

    var value: JSONValue {
        switch self {
        case .value(let value): value
        case .template(let template, let index): template.object(index)
        }
    }
}
