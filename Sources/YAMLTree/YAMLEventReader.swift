import Basics
import CYaml
import Glibc

/// Reads a text event by event. The only user of libyaml, whose memory never leaves this file.
package final class YAMLEventReader {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    /// The one that the parser is at; written anew each time, and too large to be handed around.
    private let event: UnsafeMutablePointer<yaml_event_t>
    private let source: Source
    private var cursor: ByteCursor
    private var isOver = false
    /// Lines before those that are read.
    private let lines: Int
    /// What stands otherwise in the source than it reads, of the last event.
    package private(set) var texts: [UInt8] = []

    /// Refuses a text that is longer than `limits` allows or not UTF-8.
    package convenience init(_ bytes: [UInt8], limits: YAMLLimits = .init()) throws(YAMLError) {
        self.init(try YAMLText(bytes, limit: limits.bytes))
    }

    /// - Parameter place: where a document begins, if that is not the first.
    package init(_ text: YAMLText, from place: YAMLMark? = nil) {
        lines = place.map { $0.line - 1 } ?? 0
        let text = place.map { text.from($0.offset) } ?? text
        parser = .allocate(capacity: 1)
        event = .allocate(capacity: 1)
        event.initialize(to: yaml_event_t())
        source = Source(text)
        cursor = ByteCursor(text)
        // Fails only for want of memory, which on Linux ends the process elsewhere first.
        isOver = yaml_parser_initialize(parser) == 0
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        // `source` lives as long as the parser: both belong to this object.
        yaml_parser_set_input(parser, { Source.read($0, $1, $2, $3) }, Unmanaged.passUnretained(source).toOpaque())
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
        event.deallocate()
    }

    /// The next event, or `nil` behind the last.
    package func next() throws(YAMLError) -> YAMLEvent? {
        while !isOver {
            guard yaml_parser_parse(parser, event) != 0 else {
                isOver = true
                throw failure()
            }
            defer { yaml_event_delete(event) }
            switch event.pointee.type {
            case YAML_STREAM_START_EVENT: continue
            case YAML_STREAM_END_EVENT, YAML_NO_EVENT: isOver = true
            default: return taken(&event.pointee)
            }
        }
        return nil
    }

    /// The words of the last event.
    package func text(of event: YAMLEvent) -> String {
        String(decoding: event.isVerbatim ? source.text.bytes[event.text] : texts[event.text], as: UTF8.self)
    }

    package func properties(of event: YAMLEvent) -> YAMLProperties {
        func text(_ range: Range<Int>) -> String? {
            range.isEmpty ? nil : String(decoding: texts[range], as: UTF8.self)
        }
        return YAMLProperties(anchor: text(event.anchor), tag: text(event.tag))
    }

    // MARK: Events

    private func taken(_ event: inout yaml_event_t) -> YAMLEvent {
        texts.removeAll(keepingCapacity: true)
        let start = mark(event.start_mark)
        var taken = YAMLEvent(kind: .mappingEnd, start: start, end: mark(event.end_mark))
        switch event.type {
        case YAML_DOCUMENT_START_EVENT:
            taken.kind = .documentStart
            taken.isExplicit = event.data.document_start.implicit == 0
        case YAML_DOCUMENT_END_EVENT:
            taken.kind = .documentEnd
            taken.isExplicit = event.data.document_end.implicit == 0
        case YAML_ALIAS_EVENT:
            taken.kind = .alias
            taken.text = append(event.data.alias.anchor)
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            taken.kind = .scalar
            taken.style = style(scalar.style)
            taken.anchor = append(scalar.anchor)
            taken.tag = append(scalar.tag)
            let words = UnsafeBufferPointer(start: scalar.value, count: Int(scalar.length))
            let verbatim = verbatim(words, taken)
            taken.isVerbatim = verbatim != nil
            taken.text = verbatim ?? append(words)
        case YAML_SEQUENCE_START_EVENT:
            let sequence = event.data.sequence_start
            taken.kind = .sequenceStart
            taken.isFlow = sequence.style == YAML_FLOW_SEQUENCE_STYLE
            taken.anchor = append(sequence.anchor)
            taken.tag = append(sequence.tag)
        case YAML_MAPPING_START_EVENT:
            let mapping = event.data.mapping_start
            taken.kind = .mappingStart
            taken.isFlow = mapping.style == YAML_FLOW_MAPPING_STYLE
            taken.anchor = append(mapping.anchor)
            taken.tag = append(mapping.tag)
        case YAML_SEQUENCE_END_EVENT: taken.kind = .sequenceEnd
        default: taken.kind = .mappingEnd
        }
        return taken
    }

    /// Where the source says the very words of a scalar and nothing else but quotes, as it nearly always does.
    private func verbatim(_ words: UnsafeBufferPointer<UInt8>, _ event: YAMLEvent) -> Range<Int>? {
        guard !event.style.isBlock else { return nil }
        let quote = event.style == .plain ? 0 : 1
        let start = event.start.offset + quote
        guard event.end.offset - quote == start + words.count else { return nil }
        let isSame = source.text.bytes.withUnsafeBytes { bytes in
            words.isEmpty || memcmp(bytes.baseAddress! + start, words.baseAddress!, words.count) == 0
        }
        return isSame ? start..<start + words.count : nil
    }

    private func append(_ words: UnsafePointer<UInt8>?) -> Range<Int> {
        words.map { append(UnsafeBufferPointer(start: $0, count: strlen($0))) } ?? 0..<0
    }

    private func append(_ words: UnsafeBufferPointer<UInt8>) -> Range<Int> {
        let start = texts.count
        texts.append(contentsOf: words)
        return start..<texts.count
    }

    private func style(_ style: yaml_scalar_style_t) -> YAMLScalar.Style {
        switch style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE: .literal
        case YAML_FOLDED_SCALAR_STYLE: .folded
        default: .plain
        }
    }

    private func mark(_ mark: yaml_mark_t) -> YAMLMark {
        YAMLMark(
            offset: cursor.offset(ofCharacter: Int(mark.index)), line: lines + Int(mark.line) + 1,
            column: Int(mark.column) + 1)
    }

    /// libyaml's words, or better ones where what stands at the place tells more.
    private func failure() -> YAMLError {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "expected YAML"
        if parser.pointee.error == YAML_READER_ERROR {
            let offset = source.text.start + Int(parser.pointee.problem_offset)
            return YAMLError(at: YAMLMark(of: offset, in: source.text.bytes), "\(problem); expected text")
        }
        let mark = mark(parser.pointee.problem_mark)
        let found = source.text.bytes.dropFirst(mark.offset).first
        if let place = strayOrderMark(before: mark.offset) {
            return YAMLError(at: place, "a byte order mark stands in the middle of the stream; take it away")
        }
        switch (problem, found) {
        case ("found character that cannot start any token", 0x09):
            return YAMLError(at: mark, "found a tab; expected spaces, which alone may indent YAML")
        case ("found character that cannot start any token", let found?):
            let character = Character(UnicodeScalar(found))
            return YAMLError(at: mark, "a plain value cannot start with \(character); put it in quotes")
        default:
            guard let context = parser.pointee.context.map({ String(cString: $0) }) else {
                return YAMLError(at: mark, problem)
            }
            // Where the block or the quote began is often where the mistake is.
            let start = self.mark(parser.pointee.context_mark)
            let place = start.line == mark.line ? "" : ", which begins at \(start)"
            return YAMLError(at: mark, "\(problem) \(context)\(place)")
        }
    }

    /// Editors put one at the start of a file, and files become streams. libyaml reads it there alone.
    private func strayOrderMark(before offset: Int) -> YAMLMark? {
        let bytes = source.text.bytes
        let end = min(bytes.count, offset + 4)
        var position = max(source.text.start, end - 4096)
        while position + 2 < end {
            if bytes[position] == 0xEF, bytes[position + 1] == 0xBB, bytes[position + 2] == 0xBF {
                return YAMLMark(of: position, in: bytes)
            }
            position += 1
        }
        return nil
    }

    /// Gives the text to libyaml piece by piece, so that it is never copied whole.
    private final class Source {
        let text: YAMLText
        private var position: Int

        init(_ text: YAMLText) {
            self.text = text
            position = text.start
        }

        static func read(
            _ context: UnsafeMutableRawPointer?, _ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int,
            _ count: UnsafeMutablePointer<Int>?
        ) -> Int32 {
            guard let context, let buffer, let count else { return 0 }
            let source = Unmanaged<Source>.fromOpaque(context).takeUnretainedValue()
            // Little at a time, since all of it is looked at: who reads one document in the middle needs no more.
            let end = min(source.position + min(capacity, 4096), source.text.bytes.count)
            UnsafeMutableRawBufferPointer(start: buffer, count: capacity)
                .copyBytes(from: source.text.bytes[source.position..<end])
            count.pointee = end - source.position
            source.position = end
            return 1
        }
    }
}

/// One step of a document as it is read, with the bytes it stands on. The places are exact, so that a reader who wants
/// to keep everything else (comments, quoting, order) can cut the text by them.
///
/// An event is a few numbers: its words stand in the source, or in the reader's `texts`, so that a long stream costs no
/// allocation a value.
package struct YAMLEvent: Sendable, Equatable {
    package enum Kind: Sendable {
        case documentStart, documentEnd, alias, scalar, sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }

    package var kind: Kind
    /// The first byte, properties included.
    package var start: YAMLMark
    /// Behind the last byte. A block collection ends where the parser knew that it had ended, which can be some lines
    /// after its last value; what follows the last value is not part of it.
    package var end: YAMLMark
    /// Of a document's start or end: `---` or `...` was written.
    package var isExplicit = false
    /// Of a collection: it is written with brackets or braces.
    package var isFlow = false
    /// Of a scalar.
    package var style = YAMLScalar.Style.plain
    /// A scalar's value (quotes removed, escapes and folding resolved), or an alias's name.
    package var text = 0..<0
    /// Of a scalar: `text` is a range of the source, because it stands there so, alone or between quotes.
    package var isVerbatim = false
    /// Of `&anchor`; empty where none was written.
    package var anchor = 0..<0
    /// Of `!tag`, in full; empty where none was written.
    package var tag = 0..<0

    package var hasProperties: Bool { !anchor.isEmpty || !tag.isEmpty }
}

/// What may stand before a node: `&anchor` and `!tag`.
package struct YAMLProperties: Sendable, Hashable {
    package var anchor: String?
    /// In full: `tag:yaml.org,2002:str` for `!!str`, `!local` for a local one.
    package var tag: String?

    package init(anchor: String? = nil, tag: String? = nil) {
        self.anchor = anchor
        self.tag = tag
    }
}

/// Turns libyaml's places, which count characters, into byte offsets. Places come almost in order, so the cursor walks
/// from one to the next; a text of ASCII alone needs no walk.
struct ByteCursor {
    private let bytes: [UInt8]
    private let isASCII: Bool
    private var characters = 0
    private var offset: Int

    init(_ text: YAMLText) {
        bytes = text.bytes
        offset = text.start
        isASCII = text.isASCII
    }

    mutating func offset(ofCharacter target: Int) -> Int {
        if isASCII {
            offset += target - characters
            characters = target
            return min(offset, bytes.count)
        }
        while characters < target, offset < bytes.count {
            offset += 1
            while offset < bytes.count, isContinuation(offset) { offset += 1 }
            characters += 1
        }
        while characters > target, offset > 0 {
            offset -= 1
            while offset > 0, isContinuation(offset) { offset -= 1 }
            characters -= 1
        }
        return offset
    }

    private func isContinuation(_ offset: Int) -> Bool { bytes[offset] & 0xC0 == 0x80 }
}
