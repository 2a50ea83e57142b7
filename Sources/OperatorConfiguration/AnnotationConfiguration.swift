package import ConfigSchema

/// Annotations beside the contract's own.
package struct AnnotationConfiguration: Sendable, Equatable {
    package var sidecars: [String] = []
    package var primary: [String] = []

    package init() {}
}

extension AnnotationConfiguration: Configurable {
    package static let fields: [Field<AnnotationConfiguration>] = [
        .optional("sidecars", \.sidecars, Shape.text.list, "Keys of annotations that name sidecars."),
        .optional("primary", \.primary, Shape.text.list, "Keys of annotations that name the only main container."),
    ]
}
