import Basics
import Testing
import YAMLTree

@testable import ConfigSchema

/// A small configuration with a field of each kind.
private struct Site: Configurable, Equatable {
    struct Limits: Configurable, Equatable {
        var size = 3
        var pause = Duration.seconds(90)

        static var fields: [Field<Limits>] {
            [
                .optional("size", \.size, .integer(1...10), "How many."),
                .optional("pause", \.pause, .duration(atLeast: .seconds(1)), "How long."),
            ]
        }
    }

    enum Colour: String, CaseIterable, Sendable { case red, green }

    var name = ""
    var colour = Colour.red
    var isOpen = false
    var tags: [String] = []
    var headers: [String: String] = [:]
    var note: String?
    var limits = Limits()

    static var fields: [Field<Site>] {
        [
            .required("name", \.name, .template, "Its name."),
            .optional("colour", \.colour, .choice, "Its colour."),
            .optional("isOpen", \.isOpen, .boolean, "Whether it is open."),
            .optional("tags", \.tags, Shape<String>.text.list, "Words."),
            .optional("headers", \.headers, .texts, "Further header fields."),
            .optional("note", \.note, .text, "Anything."),
            .section("limits", \.limits, "Its limits."),
        ]
    }

    func check(_ decoding: inout Decoding, at mark: YAMLMark) {
        if isOpen, colour == .red { decoding.report("an open site is green", at: mark) }
    }
}

@Suite struct ConfigurableTests {
    private static func decode(
        _ text: String, origins: [String: String] = [:]
    ) throws -> (site: Site?, problems: [String]) {
        var decoding = Decoding(origins: origins) { (text) throws(Decoding.Unfilled) in
            guard !text.contains("{no}") else { throw Decoding.Unfilled(message: "there is no {no}") }
            return text.replacing("{x}", with: "filled")
        }
        let site = Shape<Site>.object().decode(try YAMLNode(parsing: text), &decoding)
        return (site, decoding.problems.map(\.description))
    }

    @Test func `what is left out has its default`() throws {
        let decoded = try Self.decode("{name: a, note: null, limits: {}}")
        #expect(decoded.problems == [])
        #expect(decoded.site == Site(name: "a"))
    }

    @Test func `every kind of value is read`() throws {
        let decoded = try Self.decode(
            """
            name: "{x}-1"
            colour: green
            isOpen: true
            tags: [yes, 12]
            headers: {A: "{x}"}
            note: n
            limits: {size: 10, pause: 1m30s}
            """)
        #expect(decoded.problems == [])
        #expect(
            decoded.site
                == Site(
                    name: "filled-1", colour: .green, isOpen: true, tags: ["yes", "12"], headers: ["A": "filled"],
                    note: "n", limits: .init(size: 10, pause: .seconds(90))))
    }

    @Test(arguments: [
        ("{}", "1:1: name: must be given"),
        ("[]", "1:1: expected a mapping, found a list"),
        ("{name: [a]}", "1:8: name: expected a text, found a list"),
        ("{name: null}", "1:8: name: expected a text, found nothing"),
        ("{name: '{no}'}", "1:8: name: there is no {no}"),
        ("{name: \"a\\nb\"}", "1:8: name: expected a text, found a text with a line break in it"),
        ("{name: \"a\\tb\"}", "1:8: name: expected a text, found a text with a control character in it"),
        ("{name: a, color: green}", "1:11: color: no such field; did you mean colour?"),
        (
            "{name: a, zzzzzzzz: 1}",
            "1:11: zzzzzzzz: no such field; there are name, colour, isOpen, tags, headers, note, limits"
        ),
        ("{name: a, colour: blue}", "1:19: colour: expected one of red, green, found"),
        ("{name: a, isOpen: yes}", "1:19: isOpen: expected true or false, found"),
        ("{name: a, isOpen: 'true'}", "1:19: isOpen: expected true or false, found"),
        ("{name: a, tags: b}", "1:17: tags: expected a list, found"),
        ("{name: a, tags: [b, [c]]}", "1:21: tags[1]: expected a text, found a list"),
        ("{name: a, headers: [b]}", "1:20: headers: expected a mapping of texts, found a list"),
        ("{name: a, headers: {b: {}}}", "1:24: headers.b: expected a text, found a mapping"),
        ("{name: a, limits: {size: 11}}", "1:26: limits.size: expected a whole number from 1 to 10, found"),
        ("{name: a, limits: {size: 010}}", "1:26: limits.size: expected a whole number from 1 to 10, found"),
        ("{name: a, limits: {size: 99999999999999999999}}", "1:26: limits.size: expected a whole number from 1 to 10"),
        ("{name: a, limits: {pause: 10}}", "1:27: limits.pause: expected a duration such as"),
        ("{name: a, limits: {pause: 10ms}}", "1:27: limits.pause: expected at least 1s"),
        ("{name: a, isOpen: true}", "1:1: an open site is green"),
        ("{name: !!int a}", "1:8: name: expected a text; the tag tag:yaml.org,2002:int is not supported here"),
    ])
    func `a problem says where, what was expected and what is there`(text: String, problem: String) throws {
        let decoded = try Self.decode(text)
        #expect(decoded.site == nil)
        #expect(decoded.problems.count == 1 && decoded.problems[0].hasPrefix(problem), "\(decoded.problems)")
    }

    @Test func `all problems are told at once, in the order of the document`() throws {
        let decoded = try Self.decode("{colour: blue, limits: {size: 0, pause: x}, isOpen: 1}")
        #expect(
            decoded.problems.map { $0.split(separator: ":")[2] } == [
                " colour", " limits.size", " limits.pause", " isOpen", " name",
            ])
    }

    @Test func `a value from a flag is blamed on the flag`() throws {
        let decoded = try Self.decode("{name: a, limits: {size: 0}}", origins: ["limits.size": "--size"])
        let problem = "limits.size: expected a whole number from 1 to 10, found \u{201C}0\u{201D} (from --size)"
        #expect(decoded.problems == [problem])
        let error = ConfigurationError(
            source: "site.yaml",
            problems: [
                .init(path: "a", mark: YAMLMark(offset: 9, line: 2, column: 3), message: "no"),
                .init(path: "", message: "empty"),
                .init(path: "b", mark: YAMLMark(offset: 9, line: 2, column: 3), origin: "--b", message: "no"),
            ])
        #expect(error.description == "site.yaml:2:3: a: no\nsite.yaml: empty\nsite.yaml: b: no (from --b)")
    }

    @Test func `the schema says what the decoder does`() throws {
        let schema = JSONValue.object(Shape<Site>.object().schema)
        #expect(schema.member("required") == ["name"])
        #expect(schema.member("additionalProperties") == false)
        let properties = try #require(schema.member("properties"))
        #expect(
            properties.member("colour")?.text
                == #"{"description":"Its colour.","type":"string","enum":["red","green"],"default":"red"}"#)
        #expect(properties.member("note")?.text == #"{"description":"Anything.","type":"string","minLength":1}"#)
        #expect(
            properties.member("limits")?.member("properties")?.member("size")?.text
                == #"{"description":"How many.","type":"integer","minimum":1,"maximum":10,"default":3}"#)
        #expect(properties.member("limits")?.member("properties")?.member("pause")?.member("default") == "1m30s")
        #expect(properties.member("tags")?.member("items")?.member("type") == "string")
    }

    @Test func `scalars that do not stand in a list have a path`() {
        #expect(
            FieldOutline.scalarPaths(of: Site.fields.map(\.outline)) == [
                "name", "colour", "isOpen", "note", "limits.size", "limits.pause",
            ])
    }

    @Test(
        arguments: [
            ("nmae", "name"), ("LIMITS", "limits"), ("x", nil), ("somethingElseEntirely", nil),
        ] as [(String, String?)])
    func `what is nearly right is suggested`(word: String, candidate: String?) {
        #expect(Spelling.nearest(to: word, among: ["name", "limits", "headers"]) == candidate)
    }
}
