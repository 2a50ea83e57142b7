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
