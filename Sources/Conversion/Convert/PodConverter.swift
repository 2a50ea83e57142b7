package import Basics
package import YAMLTree

/// What became of one pod.
package enum PodConversion: Sendable {
    case unchanged([Diagnostic])
    /// The whole pod, and the RFC 6902 patch that leads there from what was given.
    case converted(pod: [UInt8], patch: JSONValue, [Diagnostic])
    /// The pod stays as it was.
    case refused([Diagnostic])
}

/// Converts one pod as it is created: the core that admission shares with `render convert`. It reads no file, no clock and
/// no cluster.
package struct PodConverter: Sendable {
    private let converter: StreamConverter

    package init(_ options: ConversionOptions = .init()) { converter = StreamConverter(options) }

    /// - Parameter pod: a Pod as JSON, `apiVersion` and `kind` included.
    /// - Throws: where the bytes are no JSON; with the place.
    package func convert(_ pod: [UInt8]) throws(YAMLError) -> PodConversion {
        let conversion = try converter.convert(pod)
        let diagnostics = conversion.diagnostics
        if diagnostics.contains(where: { $0.rule.severity == .error }) { return .refused(diagnostics) }
        guard conversion.isChanged else { return .unchanged(diagnostics) }
        let patch = JSONPatch.between(try YAMLNode(parsing: pod), try YAMLNode(parsing: conversion.output))
        return .converted(pod: conversion.output, patch: patch, diagnostics)
    }
}
