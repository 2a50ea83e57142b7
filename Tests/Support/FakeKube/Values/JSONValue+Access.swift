package import Basics
internal import YAMLTree

/// Reading and changing JSON by member and path, for objects whose schema the fake server does not model.
extension JSONValue {
    package var isNull: Bool { self == .null }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var integer: Int? {
        switch self {
        case .integer(let number): Int(number)
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    package var boolean: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// Setting `nil` removes the member; setting one in what is no object makes it an object.
    package subscript(name: String) -> JSONValue? {
        get { members?.first { $0.name == name }?.value }
        set {
            var members = members ?? []
            let index = members.firstIndex { $0.name == name }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(name, value))
            case (nil, nil): return
            }
            self = .object(members)
        }
    }

    package subscript(index: Int) -> JSONValue? {
        guard let array, array.indices.contains(index) else { return nil }
        return array[index]
    }

    /// Follows members; `nil` where one is missing. Setting makes the objects on the way.
    package subscript(path path: [String]) -> JSONValue? {
        get { path.reduce(self) { $0?[$1] } }
        set {
            guard let first = path.first else { return }
            if path.count == 1 {
                self[first] = newValue
            } else {
                var inner = self[first] ?? .object([])
                if newValue == nil, inner.members == nil { return }
                inner[path: Array(path.dropFirst())] = newValue
                self[first] = inner
            }
        }
    }

    /// The text at a path written with dots, as field selectors write it.
    package func text(at path: String) -> String? {
        self[path: path.split(separator: ".").map(String.init)]?.string
    }

    /// The members as texts, for labels and annotations.
    package var texts: [String: String] {
        Dictionary((members ?? []).compactMap { member in member.value.string.map { (member.name, $0) } }) { $1 }
    }

    /// The same value with the members of all objects in the order of their names, so that equal values compare equal.
    package var sorted: JSONValue {
        switch self {
        case .array(let elements): .array(elements.map(\.sorted))
        case .object(let members):
            .object(members.map { Member($0.name, $0.value.sorted) }.sorted { $0.name < $1.name })
        case .number(let number): Int64(exactly: number).map(JSONValue.integer) ?? self
        default: self
        }
    }

    /// Equal whatever the order of members.
    package func isEquivalent(to other: JSONValue) -> Bool { self == other || sorted == other.sorted }
}
