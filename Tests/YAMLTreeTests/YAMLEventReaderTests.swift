import Testing
import YAMLTree

@Suite struct YAMLEventReaderTests {
    /// The bytes under each event, so that a reader who keeps the rest can cut the text by them.
    @Test func `events stand on exact bytes`() throws {
        let bytes = Array("\u{FEFF}é: &x 'wörld' # ß\nlist: [*x, !t v]\n".utf8)
        let reader = try YAMLEventReader(bytes)
        var pieces: [String] = []
        while let event = try reader.next() {
            guard event.start < event.end else { continue }
            pieces.append(String(decoding: bytes[event.start.offset..<event.end.offset], as: UTF8.self))
        }
        #expect(pieces == ["é", "&x 'wörld'", "list", "[", "*x", "!t v", "]"])
    }

    @Test func `tells how documents and collections are written`() throws {
        let reader = try YAMLEventReader(Array("--- {a: 1}\n...\n---\n- b\n".utf8))
        var events: [String] = []
        while let event = try reader.next() {
            let marks = (event.isExplicit ? "explicit " : "") + (event.isFlow ? "flow " : "")
            events.append("\(marks)\(event.kind) \(reader.text(of: event))")
        }
        #expect(
            events == [
                "explicit documentStart ", "flow mappingStart ", "scalar a", "scalar 1", "mappingEnd ",
                "explicit documentEnd ", "explicit documentStart ", "sequenceStart ", "scalar b", "sequenceEnd ",
                "documentEnd ",
            ])
    }

    @Test func `gives the words of anchors and tags`() throws {
        let reader = try YAMLEventReader(Array("a: &x !!str 'b c'\nd: *x\ne: !t &y {}\n".utf8))
        var found: [String] = []
        while let event = try reader.next() {
            if event.kind == .alias { found.append("*" + reader.text(of: event)) }
            guard event.hasProperties else { continue }
            let properties = reader.properties(of: event)
            found.append("\(properties.anchor ?? "") \(properties.tag ?? "") \(reader.text(of: event))")
        }
        #expect(found == ["x tag:yaml.org,2002:str b c", "*x", "y !t "])
    }

    @Test func `an error is the last word`() throws {
        let reader = try YAMLEventReader(Array("a: [".utf8))
        #expect(throws: YAMLError.self) { while try reader.next() != nil {} }
        #expect(try reader.next() == nil)
    }
}
