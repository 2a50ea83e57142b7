/// The reference of all rules, from their definitions.
package enum RuleReference {
    package static let rules = Rule.refusals + Rule.findings + Rule.generators

    package static var markdown: String {
        let head = """
            # Rules of `kpipe-sidecar render`
            Made from the rules' own definitions by `scripts/generate`. Errors leave the pod as it was; notes are shown with
            `-v`.


            """
        return head
            + rules.map {
                """
                ## \($0.id) \($0.title)
                *\($0.severity.rawValue)* — \($0.explanation)

                Evidence: \($0.evidence).

                """
            }.joined(separator: "\n")
    }
}
