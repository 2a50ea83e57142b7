import Basics
import YAMLTree

/// RFC 6902, with the words of the library that the real server uses.
enum JSONPatch {
    struct Failure: Error {
        var message: String
    }

    static func apply(_ patch: JSONValue, to target: JSONValue) throws(Failure) -> JSONValue {
        guard let operations = patch.array else {
            throw Failure(message: "json: cannot unmarshal object into Go value of type jsonpatch.Patch")
        }
        var result = target
        for operation in operations { try apply(operation, to: &result) }
        return result
    }

    private static func apply(_ operation: JSONValue, to target: inout JSONValue) throws(Failure) {
        let kind = operation["op"]?.string ?? ""
        guard let path = operation["path"]?.string, let pointer = Self.pointer(path) else {
            throw Failure(message: "\(kind) operation: invalid path")
        }
        switch kind {
        case "add", "replace", "test":
            guard let value = operation["value"] else {
                throw Failure(message: "\(kind) operation has no value: missing value")
            }
            if kind == "test" {
                guard read(pointer, in: target).map({ $0.isEquivalent(to: value) }) ?? value.isNull else {
                    throw Failure(message: "testing value \(path) failed: test failed")
                }
            } else {
                try write(value, at: pointer[...], in: &target, path, replaces: kind == "replace")
            }
        case "remove": _ = try remove(pointer[...], from: &target, path)
        case "move", "copy":
            guard let from = operation["from"]?.string, let source = Self.pointer(from) else {
                throw Failure(message: "\(kind) operation: missing from")
            }
            guard let value = read(source, in: target) else {
                throw Failure(message: "\(kind) operation does not apply: doc is missing from path: \(from)")
            }
            if kind == "move" { _ = try remove(source[...], from: &target, from) }
            try write(value, at: pointer[...], in: &target, path, replaces: false)
        default: throw Failure(message: "Unexpected kind: \(kind)")
        }
    }

    private static func pointer(_ text: String) -> [String]? {
        guard text.isEmpty || text.hasPrefix("/") else { return nil }
        return text.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
    }

    private static func read(_ pointer: [String], in value: JSONValue) -> JSONValue? {
        pointer.reduce(value) { value, step in
            value?.array == nil ? value?[step] : Int(step).flatMap { value?[$0] }
        }
    }

    private static func write(
        _ value: JSONValue, at pointer: ArraySlice<String>, in target: inout JSONValue, _ path: String, replaces: Bool
    ) throws(Failure) {
        let operation = replaces ? "replace" : "add"
        guard let step = pointer.first else {
            target = value
            return
        }
        let rest = pointer.dropFirst()
        if var elements = target.array {
            let index = step == "-" ? elements.count : Int(step) ?? -1
            let limit = rest.isEmpty && !replaces ? elements.count : elements.count - 1
            guard (0...max(limit, 0)).contains(index), limit >= 0 else {
                throw Failure(
                    message: "\(operation) operation does not apply: doc is missing path: \(path): missing value")
            }
            if rest.isEmpty, !replaces {
                elements.insert(value, at: index)
            } else {
                try write(value, at: rest, in: &elements[index], path, replaces: replaces)
            }
            target = .array(elements)
            return
        }
        guard target.members != nil, var inner = target[step] ?? (rest.isEmpty && !replaces ? .null : nil) else {
            throw Failure(
                message: "\(operation) operation does not apply: doc is missing path: \(path): missing value")
        }
        try write(value, at: rest, in: &inner, path, replaces: replaces)
        target[step] = inner
    }

    private static func remove(
        _ pointer: ArraySlice<String>, from target: inout JSONValue, _ path: String
    ) throws(Failure) -> JSONValue {
        let missing = Failure(
            message: "remove operation does not apply: doc is missing path: \(path): missing value")
        guard let step = pointer.first else { throw missing }
        let rest = pointer.dropFirst()
        if var elements = target.array {
            guard let index = Int(step), elements.indices.contains(index) else { throw missing }
            let removed = rest.isEmpty ? elements.remove(at: index) : try remove(rest, from: &elements[index], path)
            target = .array(elements)
            return removed
        }
        guard var inner = target[step] else { throw missing }
        if rest.isEmpty {
            target[step] = nil
            return inner
        }
        let removed = try remove(rest, from: &inner, path)
        target[step] = inner
        return removed
    }
}
