package import YAMLTree

/// Why a text cannot be edited without touching more than was asked for.
package struct EditRefusal: Error {
    package let rule: Rule
    package let mark: YAMLMark
    package let message: String

    package init(_ rule: Rule, at node: SourceNode, _ message: String) {
        self.rule = rule
        mark = node.start
        self.message = message
    }
}
