/// Something that the conversion says or does, under an id that stays.
public struct Rule: Sendable, Hashable {
    /// `KS` and three digits; refusals below 100.
    public let id: String
    public let severity: Severity
    public let title: String
    /// What is done and why, in a paragraph.
    public let explanation: String
    /// Where the fact was found.
    public let evidence: String

    public static func == (left: Rule, right: Rule) -> Bool { left.id == right.id }
    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
