import YAMLTree

/// Reads documents that are written as nearly all manifests are, many times as fast as a parser of all of YAML: block
/// collections, scalars on one line, literal blocks, and flow collections, JSON among them.
///
/// It knows nothing else and guesses nothing. Where a document has anything beyond that (anchors, tags, folded texts, values
/// that go on in the next line, tabs, a mistake) it gives up, and libyaml reads it from its beginning. So there is one tree
/// for each text, whoever has read it.
struct PlainReader {
    /// The document takes a parser of all of YAML.
    struct NotPlain: Error {}

    let bytes: [UInt8]
    var records: SourceRecords
    /// Where the text begins.
    private let start: Int
    private let limits: YAMLLimits
    /// What comes next, which is the first value of a line where `column` tells of it.
    var position = 0
    var line = 1
    var lineStart = 0
    /// Of the next value; -1 where the document ends before it.
    private var column = 0
    private var depth = 0
    /// Where the line has its first character of more than one byte: columns count characters.
    var wide = Int.max
    /// Where the next document begins.
    private(set) var end = YAMLMark.start

    init(_ bytes: [UInt8], from start: Int, _ limits: YAMLLimits) {
        self.bytes = bytes
        self.start = start
        self.limits = limits
        records = SourceRecords(of: bytes)
    }

    /// Where a value begins.
    func mark() throws(NotPlain) -> YAMLMark {
        guard wide > position else { throw NotPlain() }
        return YAMLMark(offset: position, line: line, column: position - lineStart + 1)
    }

    /// The byte at a place; zero, which no text has, behind the last.
    @inline(__always) func byte(_ place: Int) -> UInt8 { place < bytes.count ? bytes[place] : 0 }

    /// The document at `place`: the first one, or one that begins with `---`. `nil` where there is none.
    mutating func document(at place: YAMLMark) throws(NotPlain) -> SourceDocument? {
        (position, line, lineStart, depth, wide) = (place.offset, place.line, place.offset, 0, Int.max)
        guard place.column == 1 else { throw NotPlain() }
        try skipLines()
        let isMarked = column == -1 && position < bytes.count
        guard column >= 0 || isMarked else { return nil }
        guard isMarked || place.offset == start else { throw NotPlain() }
        let first = position
        if isMarked {
            position += 3
            try endLine()
            guard column >= 0 else { throw NotPlain() }
        }
        records.begin()
        try node(column)
        guard column == -1 else { throw NotPlain() }
        end = YAMLMark(offset: position, line: line, column: 1)
        return SourceDocument(root: SourceNode(tree: records.tree(), index: 0), range: first..<position)
    }

    // MARK: Lines

    /// Passes what may stand behind a value, and the lines without one that follow.
    mutating func endLine() throws(NotPlain) {
        let behind = position
        while byte(position) == 0x20 { position += 1 }
        if byte(position) == UInt8(ascii: "#") {
            guard position > behind else { throw NotPlain() }
            try skipComment()
        }
        guard position < bytes.count else {
            column = -1
            return
        }
        try breakLine()
        try skipLines()
    }

    mutating func breakLine() throws(NotPlain) {
        guard byte(position) == 0x0A else { throw NotPlain() }
        position += 1
        line += 1
        (lineStart, wide) = (position, Int.max)
    }

    /// From the start of a line to the next value.
    private mutating func skipLines() throws(NotPlain) {
        while true {
            while byte(position) == 0x20 { position += 1 }
            switch byte(position) {
            case 0x0A: try breakLine()
            case UInt8(ascii: "#"):
                try skipComment()
                if position < bytes.count { try breakLine() }
            case 0:
                column = -1
                return
            default:
                column = position - lineStart
                if column == 0, isMarker(UInt8(ascii: "-")) { column = -1 }
                if column == 0, isMarker(UInt8(ascii: ".")) { throw NotPlain() }
                return
            }
        }
    }

    /// `---` or `...` with nothing directly behind it.
    private func isMarker(_ sign: UInt8) -> Bool {
        byte(position) == sign && byte(position + 1) == sign && byte(position + 2) == sign && isBlank(position + 3)
    }

    private mutating func skipComment() throws(NotPlain) {
        while position < bytes.count, bytes[position] != 0x0A { try step(orTab: true) }
    }

    // MARK: Collections in block style

    private var isDash: Bool { byte(position) == UInt8(ascii: "-") && isBlank(position + 1) }

    /// Whether nothing directly follows there. A tab would, and it is nowhere accepted.
    func isBlank(_ place: Int) -> Bool {
        let byte = byte(place)
        return byte == 0x20 || byte == 0x0A || byte == 0
    }

    /// Whether no value follows in the line.
    private var isAtLineEnd: Bool {
        let byte = byte(textStart)
        return byte == 0x0A || byte == 0 || byte == UInt8(ascii: "#")
    }

    mutating func descend() throws(NotPlain) {
        depth += 1
        guard depth <= limits.depth else { throw NotPlain() }
    }

    mutating func ascend() { depth -= 1 }

    /// Adds a value that ends where the reader is.
    ///
    /// - Returns: its place among the records.
    @discardableResult
    mutating func append(
        _ kind: SourceTree.Record.Kind, isFlow: Bool = true, _ start: YAMLMark
    ) throws(NotPlain) -> Int {
        guard records.count < limits.nodes else { throw NotPlain() }
        records.append(kind, isFlow: isFlow, start, end: position)
        return records.count - 1
    }

    /// A value that begins its line or stands behind a dash, and the lines up to the next one.
    private mutating func node(_ own: Int) throws(NotPlain) {
        if isDash { return try sequence(own) }
        if try flow() { return try endLine() }
        let key = try scalar()
        guard passesColon(isFlow: false) else { return try endLine() }
        guard records.count < limits.nodes else { throw NotPlain() }
        records.beginMapping(at: key)
        try mapping(own, key)
    }

    /// From behind the colon of the first key, which stands behind the mapping among the records.
    private mutating func mapping(_ own: Int, _ mapping: Int) throws(NotPlain) {
        try descend()
        var (key, count) = (mapping + 1, 0)
        var names: Set<ArraySlice<UInt8>> = []
        while true {
            guard isKey(key), records.isNew(key, of: mapping, count, &names) else { throw NotPlain() }
            count += 1
            let last = records.count
            try value(own)
            guard column == own else {
                guard column < own else { throw NotPlain() }
                records.close(mapping, last: last, end: position)
                return ascend()
            }
            key = try scalar()
            guard passesColon(isFlow: false) else { throw NotPlain() }
        }
    }

    /// Whether libyaml takes it for a key, too: it wants the colon within 1024 characters.
    func isKey(_ scalar: Int) -> Bool { position - records.offset(scalar) < 1024 }

    /// Passes the colon behind a key.
    ///
    /// - Parameter isFlow: and it stands behind a quote, where nothing has to follow it.
    mutating func passesColon(isFlow: Bool) -> Bool {
        var next = position
        while byte(next) == 0x20 { next += 1 }
        guard byte(next) == UInt8(ascii: ":"), isFlow || isBlank(next + 1) else { return false }
        position = next + 1
        return true
    }

    /// What stands behind the colon of a key in a mapping, and the lines up to the next value.
    private mutating func value(_ own: Int) throws(NotPlain) {
        if isAtLineEnd {
            let colon = try mark()
            try endLine()
            if column > own { return try node(column) }
            if column == own, isDash { return try sequence(own) }
            return try appendEmpty(colon)
        }
        while byte(position) == 0x20 { position += 1 }
        if byte(position) == UInt8(ascii: "|") { return try literal(in: own) }
        if try !flow() { try scalar() }
        try endLine()
    }

    private mutating func sequence(_ own: Int) throws(NotPlain) {
        try descend()
        let sequence = try append(.sequence, isFlow: false, mark())
        var last = sequence
        repeat {
            position += 1
            last = records.count
            try element(own)
            guard column <= own else { throw NotPlain() }
        } while column == own && isDash
        records.close(sequence, last: last, end: position)
        ascend()
    }

    /// What stands behind a dash, and the lines up to the next value.
    private mutating func element(_ own: Int) throws(NotPlain) {
        if isAtLineEnd {
            let dash = try mark()
            try endLine()
            return try column > own ? node(column) : appendEmpty(dash)
        }
        while byte(position) == 0x20 { position += 1 }
        if byte(position) == UInt8(ascii: "|") { return try literal(in: own) }
        try node(position - lineStart)
    }

    private mutating func appendEmpty(_ place: YAMLMark) throws(NotPlain) {
        guard records.count < limits.nodes else { throw NotPlain() }
        records.append(.scalar(.plain), isFlow: true, place, end: place.offset)
    }

    // MARK: Literal blocks

    /// A text from its `|`, in a collection whose column is `own`, and the lines up to the next value.
    private mutating func literal(in own: Int) throws(NotPlain) {
        let start = try mark()
        position += 1
        let isStripped = byte(position) == UInt8(ascii: "-")
        if isStripped { position += 1 }
        while byte(position) == 0x20 { position += 1 }
        try breakLine()
        // Lines without text before the first one with it.
        var (blank, most) = (0, 0)
        while byte(textStart) == 0x0A {
            (blank, most) = (blank + 1, max(most, textStart - position))
            position = textStart
            try breakLine()
        }
        let margin = textStart - position
        guard margin > own, most <= margin, textStart < bytes.count, byte(textStart) != 0x09 else { throw NotPlain() }
        var lines: [Range<Int>] = Array(repeating: 0..<0, count: blank)
        var texts = blank
        while position < bytes.count {
            let first = textStart
            let isBlank = byte(first) == 0x0A && first - position <= margin
            guard isBlank || first - position >= margin else { break }
            let begin = isBlank ? first : position + margin
            position = begin
            while position < bytes.count, bytes[position] != 0x0A { try step(orTab: true) }
            lines.append(begin..<position)
            if !isBlank { texts = lines.count }
            try breakLine()
        }
        // Behind the last line's text.
        var end = texts > 0 ? lines[texts - 1].upperBound : start.offset + 1
        while end > start.offset + 1, [0x20, 0x09, 0x0A].contains(bytes[end - 1]) { end -= 1 }
        guard records.count < limits.nodes else { throw NotPlain() }
        records.append(.scalar(.literal), isFlow: false, start, end: end)
        records.reads { [bytes] text in
            for (index, line) in lines.prefix(texts).enumerated() {
                text += bytes[line]
                if index < texts - 1 || !isStripped { text.append(0x0A) }
            }
        }
        try skipLines()
    }

    /// The first byte of the line that is no space.
    private var textStart: Int {
        var place = position
        while byte(place) == 0x20 { place += 1 }
        return place
    }
}
