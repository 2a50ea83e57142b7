import Testing
import YAMLTree

@testable import Basics

@Suite struct JSONTests {
    @Test func `reads what YAML parsers refuse`() throws {
        let key = String(repeating: "k", count: 5000)
        let node = try YAMLNode(parsing: "{\"emoji\":\"\\ud83d\\ude00\\/\\n\",\t\"\(key)\":[1, -2.5e3, true, null]}")
        #expect(node["emoji"]?.scalar == YAMLScalar("😀/\n", style: .doubleQuoted))
        #expect(node[key]?.sequence?.map { $0.scalar?.text } == ["1", "-2.5e3", "true", "null"])
        #expect(node[key]?[3]?.scalar?.isNull == true)
    }

    @Test func `places count lines and characters`() throws {
        let node = try YAMLNode(parsing: "{\n  \"ä\": \"ö\", \"b\": 1}")
        #expect(node["b"]?.mark.description == "2:18")
    }

    /// What only looks like JSON is read as YAML, or refused as such.
    @Test(arguments: [
        ("[01]", "01"), ("[1.]", "1."), ("[a]", "a"), ("[tru]", "tru"), ("[+1]", "+1"), ("[1,]", "1"),
    ])
    func `falls back to YAML`(text: String, first: String) throws {
        #expect(try YAMLNode(parsing: text)[0]?.text == first)
    }

    @Test(arguments: ["[1 2", "{\"a\" 1}x", "[\"\\ud800\"]", "[\"\\u12\"]", "{\"a\":1}}", "[\"\u{1}\"]"])
    func `refuses what is neither`(text: String) {
        #expect(throws: YAMLError.self) { try YAMLNode(parsing: text) }
    }

    @Test func `writes in order and escapes no more than needed`() throws {
        let value: JSONValue = [
            "z": "q\"\\\n\u{1}é😀/", "a": [1, true, .null, .number(0.5), .number(.nan)], "e": .object([]),
            "l": .array([]),
        ]
        #expect(
            value.text
                == #"{"z":"q\"\\\n\u0001é😀/","a":[1,true,null,0.5,null],"e":{},"l":[]}"#)
        #expect(
            (["a": [1], "b": .object([])] as JSONValue).prettyText
                == "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}\n")
        #expect(try YAMLNode(parsing: value.text) == YAMLNode(parsing: value.prettyText))
    }
}
