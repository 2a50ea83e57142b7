import Foundation
import TestSupport
import Testing
import YAMLTree

@testable import Conversion

/// What is read quickly has the tree that libyaml's events make of it, or is left to them.
@Suite struct PlainReaderTests {
    /// All that a reader says of a stream.
    struct Reading: Equatable {
        var documents: [String] = []
        var error: YAMLError?
        /// Whether `PlainReader` has read each document. It does not count.
        var plain: [Bool] = []

        init(_ reader: () throws(YAMLError) -> SourceReader) {
            do throws(YAMLError) {
                var reader = try reader()
                while let document = try reader.document() {
                    documents.append(Self.text(document))
                    plain.append(reader.wasPlain)
                }
            } catch {
                self.error = error
            }
        }

        private static func text(_ document: SourceDocument) -> String {
            let tree = document.root.tree
            let values = tree.records.enumerated().map { index, record in
                let words = record.isScalar ? String(decoding: tree.text(index), as: UTF8.self) : ""
                let properties = tree.properties[index].map { "\($0)" } ?? ""
                return "\(record) \(tree.mark(index)) \(words.debugDescription) \(properties)"
            }
            return "\(document.range) \(tree.hasMergeKeys)\n" + values.joined(separator: "\n")
        }

        static func == (left: Reading, right: Reading) -> Bool {
            // libyaml reads ahead: it may refuse the bytes of a later document before it tells of an earlier one.
            left.error == right.error && (left.error != nil || left.documents == right.documents)
        }
    }

    private static func quick(_ text: String) -> Reading {
        Reading { () throws(YAMLError) in try SourceReader(Array(text.utf8), limits: StreamConverter.limits) }
    }

    private static func byEvents(_ text: String) -> Reading {
        Reading { () throws(YAMLError) in try SourceReader(byEvents: Array(text.utf8), limits: StreamConverter.limits) }
    }

    static let plain = [
        "a: b\n", "a: b", "  a: b\n  c:\n", "- a\n-\n- b: c\n  d: e\n- - f\n  -   g\n",
        "a:\n- b\n- c:\n  - d\ne:\n  - f\n",
        "# a\n\na: # b\n  # c\n  d: 'it''s' # e\n# f\n\n--- # g\n# h\ni: j\n", "\u{FEFF}a: b\n",
        "a: \"b\\n\\\"c\\\\\"\nd: \"e\"\n'f': \"g\" \n\"h\" : i\n", "a: b#c -d e:f ?g [h]\n", "a: é\n# ß\nb: 'ü' # 😀\n",
        "a: {b: c, \"d\":e, 'f': [g, h i, \"j\"]}\n", "{\"a\": [1, -2, {}], \"b\":\n  [\n], \"c\":null}\n", "[a, b]\n",
        "a: |\n  b\n   c\n\n  d\n\n\ne: |-\n  f\n", "- |\n\n  a\n- b\n", "a:\n  - |-\n    #!/bin/sh\n    x\ty\n  - c\n",
        "a:\n  {b: c}\nd:\n  \"e\"\nf:\n  g\n", "<<: a\n", "a: ~\nb: null\nc:\n", "plain words\n", "'quoted'\n",
        "a: 0x1F\nb: .5\nc: <d>\ne: (f)\n", "- -a\n- --b=c\n- -\n",
    ]
    /// Read by events: beyond what is plain, or a mistake.
    static let other = [
        "a: &x b\nc: *x\n", "a: !t b\n", "a: b\n  c\n", "a: >-\n  b\n  c\n", "a: |+\n  b\n\n", "a: |2\n   b\n",
        "a:\tb\n",
        "a: b\r\n", "? a\n: b\n", "a: b\na: c\n", "a: b: c\n", "a: [b,\n", "a: 'b\n  c'\n", "a: \"\\u00e9\"\n",
        "%YAML 1.1\n---\na: b\n", "a: b\n...\n---\nc: d\n", "---\n", "a: b\n---\n", "--- a\n", "a: \"b\" c\n",
        "a: b\n- c\n",
        "- a\nb: c\n", "  a: b\nc: d\n", "a: [b, c,]\n", "[a: b]\n", "{a, b: c}\n", "a: {b: # c\n  d}\n", "\"é\": b\n",
        "- é: b\n", "[é, a]\n", "a: |\n\n\n   \n  b\n", "a: |\nb: c\n", "a: @b\n", "a: - b\n", "a:\n    b: c\n  d: e\n",
        "{a: b}\nc: d\n", "a: b\n\u{FEFF}---\nc: d\n", "a: b\u{85}c: d\n", "a: b\u{2028}\n", "a: \u{7F}\n",
        "{a: b,\n---\n", "a:\n- |\n \tb\n", "a: b #c\n#d\n e\n", "'a': 'b\n", "!x {}\n",
    ]

    @Test(arguments: plain) func whatIsPlainHasTheSameTree(_ text: String) {
        let reading = Self.quick(text)
        #expect(reading == Self.byEvents(text))
        #expect(reading.error == nil && reading.plain.allSatisfy(\.self) && !reading.plain.isEmpty)
    }

    @Test(arguments: other) func whatIsNotIsLeftToTheEvents(_ text: String) {
        let reading = Self.quick(text)
        #expect(reading == Self.byEvents(text))
        #expect(reading.error != nil || reading.plain.contains(false))
    }

    /// Whoever reads a document, the next one is read from its own place.
    @Test(arguments: 0..<64) func documentsTakeTurns(_ order: Int) {
        let documents = [
            "a: b\n", "# c\nd: >\n  e\n", "- f # é\n", "g: &h i\nj: *h\n", "{\"k\": 1}\n", "l:\n- |+\n  m\n",
        ]
        let text = documents.indices.map { documents[order >> $0 & 1 == 0 ? $0 : 5 - $0] }.joined(separator: "---\n")
        let reading = Self.quick(text)
        #expect(reading == Self.byEvents(text) && reading.documents.count == 6)
    }

    /// A document that ends anywhere, or that lacks or gains a byte anywhere.
    @Test func noByteMakesADifference() throws {
        let file = Repository.path("Tests/Fixtures/fuzz/plain/manifest.yaml")
        let whole = [UInt8](try Data(contentsOf: URL(filePath: file)))
        for place in whole.indices {
            for change in ["", " ", "\n", ":", "\"", "#"] {
                for dropped in 0...1 {
                    let bytes = whole[..<place] + Array(change.utf8) + whole[(place + dropped)...]
                    let text = String(decoding: bytes, as: UTF8.self)
                    let same = Self.quick(text) == Self.byEvents(text)
                    if !same { Issue.record("another tree of \(text.debugDescription)") }
                }
            }
        }
    }

    /// Keys are bytes, in a small mapping and in one of many keys alike, and whoever reads it.
    @Test(arguments: [0, 20]) func keysOfOtherBytesAreOthers(_ more: Int) {
        let others = (0..<more).map { "k\($0): v\n" }.joined()
        for tag in ["", "x: !t v\n"] {
            let reading = Self.quick(tag + others + "\u{e9}: 1\ne\u{301}: 2\n")
            #expect(reading.error == nil && reading.documents.count == 1, "\(String(describing: reading.error))")
            #expect(Self.quick(tag + others + "a: 1\na: 2\n").error != nil)
        }
    }

    @Test func limitsAreTheSame() {
        let deep = String(repeating: "[", count: 201) + String(repeating: "]", count: 201)
        let reading = Self.quick(deep)
        #expect(reading == Self.byEvents(deep) && reading.error?.message.contains("nested") == true)
        var reader = try? SourceReader(Array("[a, b, c]".utf8), limits: YAMLLimits(nodes: 3))
        #expect(throws: YAMLError.self) { try reader?.document() }
    }

    /// Nearly all that people and tools write is, or this would be for nothing; and whatever is in the tests has one tree.
    @Test func manifestsArePlain() throws {
        let folder = Repository.path("Tests/Fixtures/render")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        var plain: [Bool] = []
        for name in names {
            let text = String(decoding: try Data(contentsOf: URL(filePath: "\(folder)/\(name)")), as: UTF8.self)
            let reading = Self.quick(text)
            if reading != Self.byEvents(text) { Issue.record("another tree of \(name)") }
            plain += reading.plain
        }
        #expect(plain.count > 100 && plain.count(where: \.self) * 10 > plain.count * 8)
    }
}
