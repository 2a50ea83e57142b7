import Basics
import Testing
import YAMLTree

@Suite struct YAMLNodeTests {
    @Test(arguments: ["on", "yes", "0123", "1e3", "0x10", "12:30:45", "2001-01-01", ".inf", "n", "=", "1_000"])
    func `keeps scalars as written`(text: String) throws {
        let node = try YAMLNode(parsing: "a: \(text)\n")
        #expect(node["a"]?.scalar == YAMLScalar(text))
        #expect(node["a"]?.text == text)
    }

    @Test(arguments: ["", "~", "null", "NULL"])
    func `knows what stands for nothing`(text: String) throws {
        let node = try YAMLNode(parsing: "a: \(text)")
        #expect(node["a"]?.scalar?.isNull == true)
        #expect(node["a"]?.text == nil)
        #expect(try YAMLNode(parsing: "a: '\(text)'")["a"]?.text == text)
    }

    @Test func `tells styles and tags`() throws {
        let node = try YAMLNode(
            parsing: """
                plain: a
                single: 'it''s'
                double: "tab\\tand \\u00e9"
                literal: |
                  one
                  two
                folded: >-
                  one
                  two
                tagged: !!str 12
                local: !mine x
                """)
        #expect(node["plain"]?.scalar == YAMLScalar("a"))
        #expect(node["single"]?.scalar == YAMLScalar("it's", style: .singleQuoted))
        #expect(node["double"]?.scalar == YAMLScalar("tab\tand é", style: .doubleQuoted))
        #expect(node["literal"]?.scalar == YAMLScalar("one\ntwo\n", style: .literal))
        #expect(node["folded"]?.scalar == YAMLScalar("one two", style: .folded))
        #expect(node["tagged"]?.tag == "tag:yaml.org,2002:str")
        #expect(node["local"]?.tag == "!mine")
    }

    @Test func `gives places in bytes, lines and characters`() throws {
        let text = "\u{FEFF}# ä comment\r\nkey: [ä, 'ö', x]\r\n"
        let node = try YAMLNode(parsing: text)
        let last = try #require(node["key"]?[2])
        #expect((last.mark.line, last.mark.column) == (2, 15))
        #expect(Array(text.utf8)[last.mark.offset] == UInt8(ascii: "x"))
        #expect(node.mapping?.pairs.first?.keyMark.offset == 17)
    }

    @Test func `keeps the order of many keys and finds each`() throws {
        let names = (0..<1000).map { "k\(($0 * 7919) % 1000)" }
        let node = try YAMLNode(parsing: names.map { "\($0): v\($0)\n" }.joined())
        #expect(node.mapping?.pairs.map(\.key) == names)
        #expect(names.allSatisfy { node[$0]?.text == "v\($0)" })
        #expect(node["k1000"] == nil)
    }

    @Test func `fills in aliases and merge keys, own keys first`() throws {
        let node = try YAMLNode(
            parsing: """
                base: &base {a: 1, b: 2}
                other: &other {b: 3, c: 4}
                one:
                  <<: *base
                  b: own
                two: {<<: [*base, *other]}
                list: [*base, *base]
                """)
        #expect(node["one"]?["a"]?.text == "1")
        #expect(node["one"]?["b"]?.text == "own")
        #expect(node["two"]?["b"]?.text == "2")
        #expect(node["two"]?["c"]?.text == "4")
        #expect(node["list"]?[0] == node["base"])
    }

    @Test func `reads several documents only where several are wanted`() throws {
        let text = "a: 1\n---\nb: 2\n...\n--- \n"
        #expect(try YAMLNode.documents(in: Array(text.utf8)).count == 3)
        #expect(throws: YAMLError(at: YAMLMark(offset: 9, line: 3, column: 1), "expected one document, found a second"))
        {
            try YAMLNode(parsing: text)
        }
        #expect(try YAMLNode(parsing: "").scalar?.isNull == true)
        #expect(try YAMLNode(parsing: "# nothing\n").scalar?.isNull == true)
    }

    static let bad: [(text: String, error: String)] = [
        ("a: 1\na: 2", "2:1: the key a stands twice in one mapping"),
        ("{\"a\": 1, \"b\": 2, \"a\": 3}", "1:18: the key a stands twice in one mapping"),
        ("a:\n\tb: 1", "2:1: found a tab; expected spaces, which alone may indent YAML"),
        ("a: @b", "1:4: a plain value cannot start with @; put it in quotes"),
        ("a: *nowhere", "1:4: *nowhere has no anchor &nowhere before it"),
        ("a: &x [*x]", "1:8: *x has no anchor &x before it"),
        ("? [a, b]\n: c", "1:3: expected a text as key, found a list"),
        ("<<: 3", "1:5: << expects a mapping or a list of mappings, found \u{201C}3\u{201D}"),
        ("a: [1, 2", "2:1: did not find expected ',' or ']' while parsing a flow sequence, which begins at 1:4"),
        ("a: b: c", "1:5: mapping values are not allowed in this context"),
        ("a: \"b", "1:6: found unexpected end of stream while scanning a quoted scalar"),
        ("a: \u{1}", "1:4: control characters are not allowed; expected text"),
        ("a: \u{0}", "1:4: found a NUL byte; expected text"),
        ("%YAML 3.0\n---\na", "1:1: found incompatible YAML document"),
    ]

    @Test(arguments: bad)
    func `refuses with place and reason`(text: String, error: String) {
        #expect(performing: { try YAMLNode(parsing: text) }, throws: { "\($0)" == error })
    }

    @Test(
        arguments: [
            ([0xFF, 0xFE, 0x61, 0x00], "1:1: the text is UTF-16; expected UTF-8"),
            ([0x1F, 0x8B, 0x08], "1:1: the text is compressed (gzip); expected UTF-8"),
            ([0x61, 0x0A, 0x62, 0xC3, 0x28], "2:2: expected UTF-8"),
        ] as [([UInt8], String)])
    func `refuses what is not UTF-8`(bytes: [UInt8], error: String) {
        #expect(performing: { try YAMLNode(parsing: bytes) }, throws: { "\($0)" == error })
    }

    @Test(
        arguments: [
            ("1", "1"), ("-0", "-0"), ("1.10", "1.10"), ("1e3", "1e3"),
            ("18446744073709551615", "18446744073709551615"),
            ("9223372036854775808", "9223372036854775808"), ("1e999", "1e999"), ("+5", "5"), (".5", "0.5"),
            ("True", "true"), ("~", "null"), ("'1.10'", "\"1.10\""), ("!!str 1", "\"1\""),
            // What readers of YAML disagree about.
            ("0644", "\"0644\""), ("0x1F", "\"0x1F\""), ("0o17", "\"0o17\""), ("1_000", "\"1_000\""),
            (".inf", "\".inf\""), ("on", "\"on\""), ("1.2.3", "\"1.2.3\""),
        ])
    func `a number keeps its text in JSON`(yaml: String, json: String) throws {
        #expect(JSONValue(try YAMLNode(parsing: yaml)).text == json)
    }
}
