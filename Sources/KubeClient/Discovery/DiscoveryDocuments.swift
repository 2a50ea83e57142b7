public import KubeModel
internal import YAMLTree

/// Reads what the server says of itself.
enum DiscoveryDocuments {
    struct Malformed: Error {
        var reason: String
    }

    static func version(_ body: [UInt8]) throws(Malformed) -> ServerVersion {
        let root = try object(body)
        guard
            let version = ServerVersion(
                major: root["major"]?.text ?? "", minor: root["minor"]?.text ?? "",
                text: root["gitVersion"]?.text ?? "")
        else { throw Malformed(reason: "the server does not say its version") }
        return version
    }

    /// `/api` and `/apis`: what is served, as `v1` and `batch/v1`.
    static func groupVersions(_ body: [UInt8]) throws(Malformed) -> [String] {
        let root = try object(body)
        let core = root["versions"]?.sequence?.compactMap(\.text) ?? []
        let named = (root["groups"]?.sequence ?? []).flatMap { group in
            (group["versions"]?.sequence ?? []).compactMap { $0["groupVersion"]?.text }
        }
        return core + named
    }

    /// `/api/v1` and `/apis/G/V`.
    static func resources(_ body: [UInt8], group: String, version: String) throws(Malformed) -> [ServedResource] {
        var resources: [String: ServedResource] = [:]
        var order: [String] = []
        var subresources: [(String, String)] = []
        for entry in try object(body)["resources"]?.sequence ?? [] {
            guard let name = entry["name"]?.text else { continue }
            let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
            guard parts.count == 1 else {
                subresources.append((parts[0], parts[1]))
                continue
            }
            order.append(name)
            resources[name] = ServedResource(
                resource: APIResource(
                    group: group, version: version, plural: name, kind: entry["kind"]?.text ?? "",
                    isNamespaced: entry["namespaced"]?.text == "true"),
                verbs: Set((entry["verbs"]?.sequence ?? []).compactMap(\.text)),
                shortNames: (entry["shortNames"]?.sequence ?? []).compactMap(\.text))
        }
        for (name, subresource) in subresources { resources[name]?.subresources.insert(subresource) }
        return order.compactMap { resources[$0] }
    }

    private static func object(_ body: [UInt8]) throws(Malformed) -> YAMLNode {
        guard let root = try? YAMLNode(parsing: body), root.mapping != nil else {
            throw Malformed(reason: "the answer is not a JSON object")
        }
        return root
    }
}

/// One line of a group version's discovery document.
public struct ServedResource: Sendable, Equatable {
    public var resource: APIResource
    /// `get`, `list`, `watch`, `create`, …
    public var verbs: Set<String>
    /// Such as `status` and `exec`.
    public var subresources: Set<String>
    public var shortNames: [String]

    public init(
        resource: APIResource, verbs: Set<String> = [], subresources: Set<String> = [], shortNames: [String] = []
    ) {
        self.resource = resource
        self.verbs = verbs
        self.subresources = subresources
        self.shortNames = shortNames
    }
}

/// What `/version` says.
public struct ServerVersion: Sendable, Equatable, Comparable, CustomStringConvertible {
    public var major: Int
    public var minor: Int
    /// In full: `v1.36.2`, `v1.29.4-gke.100`.
    public var text: String

    /// - Parameters: as the server gives them; some builds append a `+` to the minor version.
    public init?(major: String, minor: String, text: String) {
        let digits = { (text: String) in Int(text.prefix { "0" <= $0 && $0 <= "9" }) }
        guard let major = digits(major), let minor = digits(minor) else { return nil }
        self.major = major
        self.minor = minor
        self.text = text
    }

    public init(_ major: Int, _ minor: Int) {
        self.major = major
        self.minor = minor
        text = "v\(major).\(minor)"
    }

    public static func < (left: ServerVersion, right: ServerVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    public static func == (left: ServerVersion, right: ServerVersion) -> Bool {
        (left.major, left.minor) == (right.major, right.minor)
    }

    public var description: String { text }
}
