internal import Basics

/// A JSON object whose members are asked for by path: `error.message`. Numbers stand as they were written; what is null or
/// an empty text is not there, because it says nothing in any document read here.
struct JSONFields: Sendable {
    private let members: [JSONValue.Member]

    private init?(_ value: JSONValue?) {
        guard case .object(let members) = value else { return nil }
        self.members = members
    }

    /// `nil` for what is no JSON object, or nests deeper than any answer does.
    init?(parsing document: [UInt8]) { self.init(try? JSONValue(document, depthLimit: 16)) }

    subscript(path: String) -> String? {
        switch value(path[...]) {
        case .string(let text): text.isEmpty ? nil : text
        case .numeral(let text): text
        case .bool(let flag): flag ? "true" : "false"
        case .integer, .number, .null, .array, .object, nil: nil
        }
    }

    /// The object at `path`.
    func within(_ path: String) -> JSONFields? { JSONFields(value(path[...])) }

    /// The objects in the list at `path`.
    func list(_ path: String) -> [JSONFields] {
        guard case .array(let elements) = value(path[...]) else { return [] }
        return elements.compactMap { JSONFields($0) }
    }

    /// The members that are texts.
    var texts: [String: String] {
        var texts: [String: String] = [:]
        for member in members {
            if case .string(let text) = member.value { texts[member.name] = text }
        }
        return texts
    }

    private func value(_ path: Substring) -> JSONValue? {
        let name = path.prefix { $0 != "." }
        let value = members.last { $0.name == name }?.value
        return name.endIndex == path.endIndex ? value : JSONFields(value)?.value(path[name.endIndex...].dropFirst())
    }
}
