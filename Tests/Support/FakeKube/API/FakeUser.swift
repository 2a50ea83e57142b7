/// Someone whom the server knows.
public struct FakeUser: Sendable, Hashable {
    public var name: String
    public var groups: [String]

    public init(_ name: String, groups: [String] = []) {
        self.name = name
        self.groups = groups
    }

    public static let admin = FakeUser("admin", groups: ["system:masters", "system:authenticated"])
    public static let anonymous = FakeUser("system:anonymous", groups: ["system:unauthenticated"])

    /// Who may do everything, whatever the rules say.
    var isMaster: Bool { groups.contains("system:masters") }
}
