import Foundation
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

/// Compared with Foundation's coders, in both directions.
@Suite struct JSONCodingTests {
    enum Kind: String, Codable { case small, large }
    enum Event: Codable, Equatable {
        case none
        case named(String, count: Int)
        case nested(Record)
    }
    struct Record: Codable, Equatable {
        var text: String
        var absent: String?
        var numbers: [Int64] = []
        var ratio = 0.1
        var flags: [String: Bool] = [:]
        var kind = Kind.small
        var pairs: [[UInt8]] = []
    }

    static let events: [Event] = [
        .none, .named("a\"\\/\u{1}é😀\n", count: -3),
        .nested(
            Record(
                text: "", numbers: [.min, 0, .max], ratio: -1.5e-9, flags: ["b": true, "a": false], kind: .large,
                pairs: [[], [0, 255]])),
        .nested(Record(text: "x", absent: "y")),
    ]

    @Test(arguments: events) func `writes what Foundation reads, and reads what it writes`(event: Event) throws {
        let ours = Array(try JSONCoding.encode(event).text.utf8)
        #expect(try JSONDecoder().decode(Event.self, from: Data(ours)) == event)
        #expect(try JSONCoding.decode(Event.self, from: ours) == event)
        #expect(try JSONCoding.decode(Event.self, from: Array(try JSONEncoder().encode(event))) == event)
    }

    @Test func `equal values are equal bytes`() throws {
        let names = (0..<100).map { ("key\($0)", $0 % 2 == 0) }
        let (one, other) = (Dictionary(uniqueKeysWithValues: names), Dictionary(uniqueKeysWithValues: names.reversed()))
        #expect(try JSONCoding.encode(one) == JSONCoding.encode(other))
    }

    @Test(arguments: [
        "", "{", "{}", "[1]", #"{"text":1}"#,
        #"{"text":"x","numbers":[9223372036854775808],"ratio":1,"flags":{},"pairs":[]}"#,
        #"{"text":"x","numbers":[1.5],"ratio":1,"flags":{},"kind":"small","pairs":[]}"#,
        #"{"text":"x","numbers":[],"ratio":1,"flags":{},"kind":"huge","pairs":[]}"#,
        #"{"text":"x","numbers":[],"ratio":1,"flags":{},"kind":"small","pairs":[[256]]}"#,
        #"{"text":"x","numbers":[],"ratio":nan,"flags":{},"kind":"small","pairs":[]}"#,
        #"{"text":"x"} {"#,
    ])
    func `refuses what does not fit`(text: String) {
        #expect(throws: (any Error).self) { try JSONCoding.decode(Record.self, from: Array(text.utf8)) }
    }

    @Test(arguments: [(JSONCoding.depthLimit, true), (JSONCoding.depthLimit + 1, false), (200_000, false)])
    func `nesting is limited`(depth: Int, fits: Bool) {
        let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(((try? JSONValue(Array(text.utf8))) != nil) == fits)
    }
}
