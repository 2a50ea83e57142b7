internal import Basics
internal import ConfigSchema
internal import PodRules
internal import YAMLTree

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
