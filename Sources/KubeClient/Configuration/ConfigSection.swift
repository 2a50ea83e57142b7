internal import Basics
internal import YAMLTree

/// A mapping in a kubeconfig together with where it stands, so that whatever is wrong in it can be named.
///
/// As in client-go, an empty text is the same as none, and unknown fields are ignored.
struct ConfigSection: Sendable {
    let file: String
    /// For people: `users[admin].user`.
    let path: String
    let node: YAMLNode

    subscript(key: String) -> YAMLNode? {
        guard let value = node[key], value.scalar?.isNull != true else { return nil }
        return value
    }

    func text(_ key: String) throws(KubeError) -> String? {
        guard let value = self[key] else { return nil }
        guard let text = value.text else { throw wrongKind(key, value, expected: "a text") }
        return text.isEmpty ? nil : text
    }

    func flag(_ key: String) throws(KubeError) -> Bool {
        guard let value = self[key] else { return false }
        switch value.text {
        case "true": return true
        case "false": return false
        default: throw wrongKind(key, value, expected: "true or false")
        }
    }

    /// A path, resolved against the file's own folder.
    func location(_ key: String) throws(KubeError) -> String? {
        try text(key).map { LocalFile.resolve($0, in: LocalFile.folder(of: file)) }
    }

    /// Base 64, possibly broken into lines.
    func data(_ key: String) throws(KubeError) -> [UInt8]? {
        guard let text = try text(key) else { return nil }
        guard let data = Base64.decode(text) else {
            throw problem(key, "expected base 64")
        }
        return data
    }

    func section(_ key: String) throws(KubeError) -> ConfigSection? {
        guard let value = self[key] else { return nil }
        guard value.mapping != nil else { throw wrongKind(key, value, expected: "a mapping") }
        return ConfigSection(file: file, path: below(key), node: value)
    }

    private func list(_ key: String) throws(KubeError) -> [YAMLNode] {
        guard let value = self[key] else { return [] }
        guard let elements = value.sequence else { throw wrongKind(key, value, expected: "a list") }
        return elements
    }

    func sections(_ key: String) throws(KubeError) -> [ConfigSection] {
        var sections: [ConfigSection] = []
        for (index, element) in try list(key).enumerated() {
            guard element.mapping != nil else {
                throw wrongKind("\(key)[\(index)]", element, expected: "a mapping")
            }
            sections.append(ConfigSection(file: file, path: below("\(key)[\(index)]"), node: element))
        }
        return sections
    }

    func texts(_ key: String) throws(KubeError) -> [String] {
        var texts: [String] = []
        for (index, element) in try list(key).enumerated() {
            guard let text = element.text else { throw wrongKind("\(key)[\(index)]", element, expected: "a text") }
            texts.append(text)
        }
        return texts
    }

    /// What is wrong at `key`, or with the whole section.
    func problem(_ key: String? = nil, _ message: String) -> KubeError {
        let mark = key.flatMap { node[$0]?.mark } ?? node.mark
        return Self.problem(in: file, at: mark, "\(key.map(below) ?? path): \(message)")
    }

    static func problem(in file: String, at mark: YAMLMark? = nil, _ message: String) -> KubeError {
        KubeError(attempted: "kubeconfig \(file)\(mark.map { ":\($0)" } ?? "")", reason: .configuration(message))
    }

    private func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    private func wrongKind(_ key: String, _ value: YAMLNode, expected: String) -> KubeError {
        // The value itself may be a secret.
        let found =
            switch value.content {
            case .sequence: "a list"
            case .mapping: "a mapping"
            case .scalar: "something else"
            }
        return Self.problem(in: file, at: value.mark, "\(below(key)): expected \(expected), found \(found)")
    }
}

/// A certificate or key, which a kubeconfig either holds (`…-data`, base 64) or names the file of.
struct PEMField {
    private let section: ConfigSection
    private let key: String

    init(_ section: ConfigSection, _ key: String) {
        self.section = section
        self.key = key
    }

    enum Origin: Equatable {
        case inline([UInt8])
        case file(String)
    }

    func origin() throws(KubeError) -> Origin? {
        let data = try section.data("\(key)-data")
        let file = try section.location(key)
        guard data == nil || file == nil else {
            throw section.problem(key, "\(key) and \(key)-data are both given; remove one of the two")
        }
        return data.map { .inline($0) } ?? file.map { .file($0) }
    }

    func bytes() throws(KubeError) -> [UInt8]? {
        switch try origin() {
        case .inline(let bytes): return bytes
        case .file(let path):
            do { return try LocalFile.bytes(path) } catch {
                throw section.problem(key, "cannot read \(path): \(error.reason)")
            }
        case nil: return nil
        }
    }
}
