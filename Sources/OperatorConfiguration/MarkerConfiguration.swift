package import ConfigSchema
package import PodRules
package import YAMLTree

/// One entry of `markers`: how sidecars are ended that a variable or annotation marks.
package struct MarkerConfiguration: Sendable, Equatable {
    /// A variable's name or an annotation's key.
    package var name = ""
    package var ladder: [Rung]?
    package var exec: ExecConfiguration?

    package init() {}
}

extension MarkerConfiguration: Configurable {
    package static let fields: [Field<MarkerConfiguration>] = [
        .required("name", \.name, .text, "The variable's name or the annotation's key."),
        .optional("ladder", \.ladder, .ladder, "The ways to end such a sidecar, in order."),
        .optional("exec", \.exec, Shape.object(), "How it is told from inside to end, other than by SIGTERM."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        guard ladder == nil, exec == nil else { return }
        decoding.report("ladder or exec must be given", at: mark)
    }
}
