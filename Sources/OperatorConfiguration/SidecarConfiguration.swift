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

/// `exec` of a sidecar or a marker: the rung `exec` in other words than SIGTERM.
package struct ExecConfiguration: Sendable, Equatable {
    package var signal = Signal.terminate
    package var command: [String] = []
    package var exitsWithZero = false

    package init() {}

    package enum Signal: String, Sendable, CaseIterable {
        case terminate = "TERM"
        case interrupt = "INT"
        case quit = "QUIT"
        case hangUp = "HUP"
        case first = "USR1"
        case second = "USR2"
    }

    var stop: ExecStop { ExecStop(signal: signal.rawValue, command: command, exitsWithZero: exitsWithZero) }
}

extension ExecConfiguration: Configurable {
    package static let fields: [Field<ExecConfiguration>] = [
        .optional("signal", \.signal, .choice, "The signal for process 1 of the container."),
        .optional(
            "command", \.command, Shape.text.list,
            "A command to run in the container instead, with its arguments; no shell is involved."),
        .optional(
            "exitsWithZero", \.exitsWithZero, .boolean,
            "The container exits with 0 after that, so that it does no harm."),
    ]

    package func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        guard signal != .terminate, !command.isEmpty else { return }
        decoding.report("either a signal or a command", at: mark)
    }
}

extension Shape<[Rung]> {
    /// Rungs in the order in which they are tried, none twice.
    static let ladder: Shape = {
        let words = Rung.configurable.map(\.rawValue)
        let rung = Shape<Rung>.scalar(
            ["type": "string", "enum": .array(words.map { .string($0) })],
            expected: "one of \(words.joined(separator: ", "))", show: { .string($0.rawValue) },
            parse: { scalar in Rung.configurable.first { $0.rawValue == scalar.text } })
        let list = rung.list.checked(["minItems": 1, "uniqueItems": true]) { rungs in
            if rungs.isEmpty { return "expected at least one rung" }
            return Set(rungs).count == rungs.count ? nil : "a rung stands here twice"
        }
        return Shape(
            schema: list.schema, decode: list.decode,
            show: { .array($0.map { .string($0.rawValue) }) })
    }()
}

extension Shape<QuitEndpoint> {
    static let quit = Shape.scalar(
        ["type": "string", "examples": ["POST :15020/quitquitquit"]], expected: QuitEndpoint.expectation,
        show: { .string($0.description) }, parse: { QuitEndpoint($0.text) })
}
