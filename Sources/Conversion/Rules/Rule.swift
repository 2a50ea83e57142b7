/// Something that the conversion says or does, under an id that stays.
package struct Rule: Sendable, Hashable {
    /// `KS` and three digits; refusals below 100.
    package let id: String
    package let severity: Severity
    package let title: String
    /// What is done and why, in a paragraph.
    package let explanation: String
    /// Where the fact was found.
    package let evidence: String

    package static func == (left: Rule, right: Rule) -> Bool { left.id == right.id }
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
