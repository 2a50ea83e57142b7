import YAMLTree

/// Why a text cannot be edited without touching more than was asked for.
struct EditRefusal: Error {
    let rule: Rule
    let mark: YAMLMark
    let message: String

    init(_ rule: Rule, at node: SourceNode, _ message: String) {
        self.rule = rule
        mark = node.start
        self.message = message
    }
}
