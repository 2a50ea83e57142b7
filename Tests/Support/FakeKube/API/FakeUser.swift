/// Someone whom the server knows.
package struct FakeUser: Sendable, Hashable {
    package var name: String
    package var groups: [String]

    package init(_ name: String, groups: [String] = []) {
        self.name = name
        self.groups = groups
    }

    package static let admin = FakeUser("admin", groups: ["system:masters", "system:authenticated"])
    package static let anonymous = FakeUser("system:anonymous", groups: ["system:unauthenticated"])

    /// Who may do everything, whatever the rules say.
    var isMaster: Bool { groups.contains("system:masters") }
}
