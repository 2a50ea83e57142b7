package import Configuration

/// One entry of `markers`: the ladder of sidecars that a variable or annotation marks.
public struct MarkerConfiguration: Sendable, Equatable {
    /// A variable's name or an annotation's key.
    public var name = ""
    public var ladder: [Rung] = []

    public init() {}
}

extension MarkerConfiguration: Configurable {
    package static let fields: [Field<MarkerConfiguration>] = [
        .required("name", \.name, .text, "The variable's name or the annotation's key."),
        .required("ladder", \.ladder, .ladder, "The ways to end such a sidecar, in order."),
    ]
}
