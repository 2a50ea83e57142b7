import Basics
import YAMLTree

/// RFC 7386: members replace members, `null` removes, everything else is replaced whole.
enum MergePatch {
    static func apply(_ patch: JSONValue, to target: JSONValue?) -> JSONValue {
        guard let changes = patch.members else { return patch }
        var result = JSONValue.object(target?.members ?? [])
        for change in changes {
            result[change.name] = change.value.isNull ? nil : apply(change.value, to: result[change.name])
        }
        return result
    }
}
