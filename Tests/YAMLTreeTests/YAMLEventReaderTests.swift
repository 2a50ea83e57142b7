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
        var kinds: [YAMLEvent.Kind] = []
        while let event = try reader.next() { kinds.append(event.kind) }
        let none = YAMLProperties()
        #expect(
            kinds == [
                .documentStart(explicit: true), .mappingStart(none, flow: true), .scalar(YAMLScalar("a"), none),
                .scalar(YAMLScalar("1"), none), .mappingEnd, .documentEnd(explicit: true),
                .documentStart(explicit: true), .sequenceStart(none, flow: false), .scalar(YAMLScalar("b"), none),
                .sequenceEnd, .documentEnd(explicit: false),
            ])
    }

    @Test func `an error is the last word`() throws {
        let reader = try YAMLEventReader(Array("a: [".utf8))
        #expect(throws: YAMLError.self) { while try reader.next() != nil {} }
        #expect(try reader.next() == nil)
    }
}
