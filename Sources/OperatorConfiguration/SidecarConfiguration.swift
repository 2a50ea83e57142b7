internal import Basics
package import ConfigSchema
package import PodRules
package import YAMLTree

/// One entry of `sidecars`: what an operator knows about containers of a name or an image.
package struct SidecarConfiguration: Sendable, Equatable {
    package var names: [String] = []
    package var images: [String] = []
    package var known = true
    package var quit: QuitEndpoint?
    package var exitsWithZero = false
    package var exec: ExecConfiguration?
    package var ladder: [Rung]?

    package init() {}

    var rule: SidecarRule {
        var rule = SidecarRule(names: names, images: images, quit: quit, exitsWithZero: exitsWithZero)
        rule.isKnown = known
        rule.ladder = ladder
        rule.exec = exec?.stop
        return rule
    }
}

extension SidecarConfiguration: Configurable {
    package static let fields: [Field<SidecarConfiguration>] = [
        .optional("names", \.names, Shape.text.list, "Names of containers."),
        .optional(
            "images", \.images, Shape.text.checked(["examples": ["proxyv2"]]) { problem(ofImage: $0) }.list,
            "Last parts of image names, without registry, tag and digest."),
        .optional(
            "known", \.known, .boolean,
            "Counts as a sidecar without a marker, in marked pods and where terminate-known is enabled."),
        .optional("quit", \.quit, .quit, "How to ask it to leave."),
        .optional(
            "exitsWithZero", \.exitsWithZero, .boolean, "It exits with 0 on SIGTERM, so that signals do no harm."),
        .optional("exec", \.exec, Shape.object(), "How it is told from inside to end, other than by SIGTERM."),
        .optional("ladder", \.ladder, .ladder, "The ways to end it, in order, instead of the default."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        guard names.isEmpty, images.isEmpty else { return }
        decoding.report("names or images must be given", at: mark)
    }

    private static func problem(ofImage image: String) -> String? {
        image.contains { $0 == "/" || $0 == ":" || $0 == "@" }
            ? "expected the last part of the name alone: \(SidecarRule.repository(of: image))" : nil
    }
}
