package import Configuration

/// Annotations beside the contract's own.
public struct AnnotationConfiguration: Sendable, Equatable {
    public var sidecars: [String] = []
    public var primary: [String] = []

    public init() {}
}

extension AnnotationConfiguration: Configurable {
    package static let fields: [Field<AnnotationConfiguration>] = [
        .optional("sidecars", \.sidecars, Shape.text.list, "Keys of annotations that name sidecars."),
        .optional("primary", \.primary, Shape.text.list, "Keys of annotations that name the only main container."),
    ]
}
