import YAMLTree

/// Why a text cannot be edited without touching more than was asked for.
struct EditRefusal: Error {
    let rule: Rule
    let line: Int
    let message: String

    init(_ rule: Rule, at node: SourceNode, _ message: String) {
        self.rule = rule
        line = node.start.line
        self.message = message
    }
}
