package import Basics
package import YAMLTree

/// The operations of RFC 6902 that lead from one document to another. Mappings are looked into; lists and scalars that
/// differ are replaced whole.
package enum JSONPatch {
    package static func between(_ before: YAMLNode, _ after: YAMLNode) -> JSONValue {
        var operations: [JSONValue] = []
        compare(before, after, path: "", &operations)
        return .array(operations)
    }

    private static func compare(
        _ before: YAMLNode, _ after: YAMLNode, path: String, _ operations: inout [JSONValue]
    ) {
        guard before != after else { return }
        guard let old = before.mapping, let new = after.mapping else {
            return operations.append(operation("replace", path, after))
        }
        for pair in old.pairs {
            let inner = "\(path)/\(escaped(pair.key))"
            guard let value = new[pair.key] else {
                operations.append(["op": "remove", "path": .string(inner)])
                continue
            }
            compare(pair.value, value, path: inner, &operations)
        }
        for pair in new.pairs where old[pair.key] == nil {
            operations.append(operation("add", "\(path)/\(escaped(pair.key))", pair.value))
        }
    }

    private static func operation(_ name: String, _ path: String, _ value: YAMLNode) -> JSONValue {
        ["op": .string(name), "path": .string(path), "value": JSONValue(value)]
    }

    /// RFC 6901 §3.
    package static func escaped(_ key: String) -> String {
        key.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}

/// Carrying a patch out, as the API server would: to know what comes of it before it is sent.
extension JSONPatch {
    /// Why a patch does not fit the document.
    package struct Failure: Error, Sendable, Equatable, CustomStringConvertible {
        package var description: String
    }

    /// - Parameter patch: operations `add`, `remove`, `replace` and `test` of RFC 6902; `between` writes no others.
    package static func apply(_ patch: YAMLNode, to document: YAMLNode) throws(Failure) -> YAMLNode {
        guard let operations = patch.sequence else { throw Failure(description: "the patch is no list") }
        var document = document
        for operation in operations { document = try apply(operation: operation, to: document) }
        return document
    }

    private enum Change {
        case add(YAMLNode)
        case replace(YAMLNode)
        case test(YAMLNode)
        case remove
    }

    private static func apply(operation: YAMLNode, to document: YAMLNode) throws(Failure) -> YAMLNode {
        guard let path = operation["path"]?.text else { throw Failure(description: "an operation without path") }
        let change: Change
        switch (operation["op"]?.text, operation["value"]) {
        case ("add", let value?): change = .add(value)
        case ("replace", let value?): change = .replace(value)
        case ("test", let value?): change = .test(value)
        case ("remove", _): change = .remove
        default: throw Failure(description: "an operation that is not understood, at \(path)")
        }
        guard path.isEmpty || path.hasPrefix("/") else {
            throw Failure(description: "a path without a slash: \(path)")
        }
        let changed = try apply(change, at: steps(of: path)[...], of: document, path: path)
        guard let changed else { throw Failure(description: "the whole document would be removed") }
        return changed
    }

    /// - Returns: what stands there afterwards; `nil` where it is gone.
    private static func apply(
        _ change: Change, at steps: ArraySlice<String>, of node: YAMLNode?, path: String
    ) throws(Failure) -> YAMLNode? {
        let absent = Failure(description: "there is nothing at \(path)")
        guard let step = steps.first else {
            switch change {
            case .add(let value): return value
            case .replace(let value) where node != nil: return value
            case .remove where node != nil: return nil
            case .test(let value) where node == value: return value
            case .test: throw Failure(description: "another value stands at \(path)")
            case .replace, .remove: throw absent
            }
        }
        guard let node else { throw absent }
        let rest = steps.dropFirst()
        switch node.content {
        case .mapping(let mapping):
            let value = try apply(change, at: rest, of: mapping[step], path: path)
            return YAMLNode(.mapping(mapping.setting(step, to: value)), at: node.mark)
        case .sequence(let elements):
            let changed = try apply(change, at: rest, step: step, of: elements, path: path)
            return YAMLNode(.sequence(changed), at: node.mark)
        case .scalar: throw absent
        }
    }

    private static func apply(
        _ change: Change, at rest: ArraySlice<String>, step: String, of elements: [YAMLNode], path: String
    ) throws(Failure) -> [YAMLNode] {
        var elements = elements
        if rest.isEmpty, case .add(let value) = change {
            let index = step == "-" ? elements.count : Int(step)
            guard let index, (0...elements.count).contains(index) else {
                throw Failure(description: "there is no place \(path)")
            }
            elements.insert(value, at: index)
            return elements
        }
        guard let index = Int(step), elements.indices.contains(index) else {
            throw Failure(description: "there is nothing at \(path)")
        }
        if let value = try apply(change, at: rest, of: elements[index], path: path) {
            elements[index] = value
        } else {
            elements.remove(at: index)
        }
        return elements
    }

    /// What a pointer names, step by step (RFC 6901 §4).
    package static func steps(of pointer: String) -> [String] {
        pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }
}

extension YAMLMapping {
    /// Without the key where there is no value.
    package func setting(_ key: String, to value: YAMLNode?) -> YAMLMapping {
        var changed = YAMLMapping()
        for pair in pairs where pair.key != key || value != nil {
            changed.append(pair.key == key ? Pair(key: key, keyMark: pair.keyMark, value: value ?? pair.value) : pair)
        }
        if let value, self[key] == nil { changed.append(Pair(key: key, value: value)) }
        return changed
    }
}
