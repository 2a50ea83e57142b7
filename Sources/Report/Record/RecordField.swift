package import Basics

/// A part of a record: an object with known members. Writer, reader and schema all come from `fields`.
package protocol RecordPart: Sendable {
    init()
    static var fields: [RecordField<Self>] { get }
}

/// One member: name, meaning, form.
package struct RecordField<Part: Sendable>: Sendable {
    let name: String
    let schema: JSONValue
    /// `nil`: left out.
    let write: @Sendable (Part) -> JSONValue?
    let read: @Sendable (inout Part, Span<UInt8>, inout JSONCursor, inout RecordLimits) throws(WireError) -> Void

    package typealias Path<Value> = any WritableKeyPath<Part, Value> & Sendable

    private init(
        _ name: String, _ about: String, _ schema: KeyValuePairs<String, JSONValue>,
        write: @escaping @Sendable (Part) -> JSONValue?,
        read:
            @escaping @Sendable (inout Part, Span<UInt8>, inout JSONCursor, inout RecordLimits) throws(WireError)
            -> Void
    ) {
        self.name = name
        self.schema = .object([.init("description", .string(about))] + schema.map { .init($0.key, $0.value) })
        self.write = write
        self.read = read
    }

    /// A text; longer ones are cut when read.
    static func text(_ name: String, _ path: Path<String?>, _ about: String) -> RecordField {
        RecordField(name, about, ["type": "string"]) {
            $0[keyPath: path].map { .string($0) }
        } read: {
            (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = try limits.text(bytes, &cursor)
        }
    }

    static func integer(_ name: String, _ path: Path<Int64?>, _ about: String) -> RecordField {
        RecordField(name, about, ["type": "integer"]) {
            $0[keyPath: path].map { .integer($0) }
        } read: {
            (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = limits.number(try cursor.integer(in: bytes))
        }
    }

    /// Counts from 0; 0 is left out.
    static func count(_ name: String, _ path: Path<Int64>, _ about: String) -> RecordField {
        RecordField(name, about, ["type": "integer", "minimum": 0, "default": 0]) {
            $0[keyPath: path] == 0 ? nil : .integer($0[keyPath: path])
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = max(0, limits.number(try cursor.integer(in: bytes)))
        }
    }

    /// Seconds, to the millisecond; kept as milliseconds.
    static func seconds(_ name: String, _ path: Path<Int64?>, _ about: String) -> RecordField {
        RecordField(name, "\(about) In seconds.", ["type": "number", "minimum": 0]) {
            $0[keyPath: path].map { .numeral(RecordLimits.thousandths($0)) }
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = try limits.double(bytes, &cursor).map { Int64(($0 * 1000).clamped.rounded()) }
        }
    }

    static func flag(_ name: String, _ path: Path<Bool>, _ about: String) -> RecordField {
        RecordField(name, about, ["type": "boolean", "default": false]) {
            $0[keyPath: path] ? true : nil
        } read: {
            (part, bytes, cursor, _) throws(WireError) in
            part[keyPath: path] = try cursor.flag(in: bytes)
        }
    }

    /// One of some words. A word that is not known, from a newer version, leaves the member as it is.
    static func choice<Word>(_ name: String, _ path: Path<Word>, _ about: String) -> RecordField
    where Word: RawRepresentable<String> & CaseIterable & Sendable {
        let words = Word.allCases.map { JSONValue.string($0.rawValue) }
        return RecordField(name, about, ["type": "string", "examples": .array(words)]) {
            .string($0[keyPath: path].rawValue)
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            if let word = Word(rawValue: try limits.text(bytes, &cursor)) { part[keyPath: path] = word }
        }
    }

    /// RFC 3339 in UTC, to the millisecond.
    static func time(_ name: String, _ path: Path<UnixTime?>, _ about: String) -> RecordField {
        RecordField(name, about, ["type": "string", "format": "date-time"]) {
            $0[keyPath: path].map { .string($0.description) }
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = UnixTime(internet: try limits.text(bytes, &cursor))
        }
    }

    static func texts(_ name: String, _ path: Path<[String]>, _ about: String, limit: Int) -> RecordField {
        RecordField(name, about, ["type": "array", "items": ["type": "string"]]) {
            $0[keyPath: path].isEmpty ? nil : .array($0[keyPath: path].map { .string($0) })
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            try limits.elements(name, limit, bytes, &cursor) { (limits, cursor) throws(WireError) in
                part[keyPath: path].append(try limits.text(bytes, &cursor))
            }
        }
    }

    /// Numbers side by side; `null` where nothing was measured.
    static func numbers(_ name: String, _ path: Path<[Double?]>, _ about: String, limit: Int) -> RecordField {
        RecordField(name, about, ["type": "array", "items": ["type": ["number", "null"]]]) {
            $0[keyPath: path].isEmpty ? nil : .array($0[keyPath: path].map(RecordLimits.json))
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            try limits.elements(name, limit, bytes, &cursor) { (limits, cursor) throws(WireError) in
                part[keyPath: path].append(try limits.double(bytes, &cursor))
            }
        }
    }

    /// Left out where it says nothing.
    static func part<Inner: RecordPart>(_ name: String, _ path: Path<Inner>, _ about: String) -> RecordField {
        RecordField(name, about, Inner.outline) {
            let value = $0[keyPath: path].json
            return value == .object([]) ? nil : value
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            try part[keyPath: path].read(bytes, &cursor, &limits)
        }
    }

    static func part<Inner: RecordPart>(_ name: String, _ path: Path<Inner?>, _ about: String) -> RecordField {
        RecordField(name, about, Inner.outline) {
            $0[keyPath: path]?.json
        } read: {
            (part, bytes, cursor, limits) throws(WireError) in
            part[keyPath: path] = Inner()
            try part[keyPath: path]?.read(bytes, &cursor, &limits)
        }
    }

    /// - Parameter isBulk: passed over where only an overview is wanted.
    static func list<Inner: RecordPart>(
        _ name: String, _ path: Path<[Inner]>, _ about: String, limit: Int, isBulk: Bool = false
    ) -> RecordField {
        RecordField(name, about, ["type": "array", "items": .object(Inner.outline.map { .init($0.key, $0.value) })]) {
            $0[keyPath: path].isEmpty ? nil : .array($0[keyPath: path].map(\.json))
        } read: { (part, bytes, cursor, limits) throws(WireError) in
            if isBulk, limits.isBrief {
                try cursor.skip(in: bytes)
                return
            }
            try limits.elements(name, limit, bytes, &cursor) { (limits, cursor) throws(WireError) in
                // In its place before it is read: of a torn one, what was read stays.
                part[keyPath: path].append(Inner())
                let last = part[keyPath: path].count - 1
                try part[keyPath: path][last].read(bytes, &cursor, &limits)
            }
        }
    }
}

extension RecordPart {
    package var json: JSONValue {
        .object(Self.fields.compactMap { field in field.write(self).map { JSONValue.Member(field.name, $0) } })
    }

    /// Members that are not known are passed over.
    mutating func read(
        _ bytes: Span<UInt8>, _ cursor: inout JSONCursor, _ limits: inout RecordLimits
    ) throws(WireError) {
        guard try cursor.beginObject(in: bytes) else { return }
        let fields = Self.fields
        while let key = try cursor.key(in: bytes) {
            if let field = fields.first(where: { $0.name == key }) {
                try field.read(&self, bytes, &cursor, &limits)
            } else {
                try cursor.skip(in: bytes)
            }
        }
    }

    static var outline: KeyValuePairs<String, JSONValue> {
        ["type": "object", "properties": .object(fields.map { .init($0.name, $0.schema) })]
    }
}

/// What a reader takes of a record: it may come from anybody.
package struct RecordLimits: Sendable {
    /// Only what an overview of many steps needs.
    var isBrief = false
    /// What was left out, in words.
    var omissions: [String] = []

    private static let textLimit = 4096
    /// Beyond it no number is reckoned with.
    private static let numberLimit = Int64(1) << 53

    func number(_ value: Int64) -> Int64 { min(max(value, -Self.numberLimit), Self.numberLimit) }

    func text(_ bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) -> String {
        let text = try cursor.text(in: bytes)
        return text.utf8.count <= Self.textLimit ? text : String(text.unicodeScalars.prefix(Self.textLimit / 4)) + "…"
    }

    func double(_ bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) -> Double? {
        let range = try cursor.skip(in: bytes)
        guard let value = Double(String(copying: bytes, range)), value.isFinite else { return nil }
        return value.clamped
    }

    mutating func elements(
        _ name: String, _ limit: Int, _ bytes: Span<UInt8>, _ cursor: inout JSONCursor,
        _ read: (inout RecordLimits, inout JSONCursor) throws(WireError) -> Void
    ) throws(WireError) {
        guard try cursor.beginArray(in: bytes) else { return }
        var count = 0
        while try cursor.element(in: bytes) {
            count += 1
            if count > limit { try cursor.skip(in: bytes) } else { try read(&self, &cursor) }
        }
        if count > limit { omissions.append("of \(count) \(name) the first \(limit) are shown") }
    }

    /// To three digits behind the point, or whole where it is large: `0.125`, `1048576`.
    static func json(_ value: Double?) -> JSONValue {
        guard let value, value.isFinite else { return .null }
        let clamped = value.clamped
        return abs(clamped) >= 10_000
            ? .integer(Int64(clamped)) : .numeral(thousandths(Int64((clamped * 1000).rounded())))
    }

    /// `1.5` of 1500.
    static func thousandths(_ value: Int64) -> String {
        let (whole, rest) = value.magnitude.quotientAndRemainder(dividingBy: 1000)
        var text = (value < 0 ? "-" : "") + String(whole)
        guard rest > 0 else { return text }
        var digits = String(rest + 1000).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        text += "." + digits
        return text
    }
}

extension Double {
    /// Within what an integer holds, with room for a factor of a thousand.
    var clamped: Double { isNaN ? 0 : Swift.min(Swift.max(self, -9e15), 9e15) }
}

extension UnixTime {
    /// RFC 3339, to the millisecond; `nil` for anything else.
    package init?(internet text: String) {
        guard let time = CivilTime(internet: text) else { return nil }
        let digits = text.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst().prefix { (0x30...0x39).contains($0) }
        var fraction: Int64 = 0
        for (place, digit) in zip([100, 10, 1] as [Int64], digits) { fraction += place * Int64(digit - 0x30) }
        self.init(milliseconds: time.secondsSince1970 * 1000 + fraction)
    }
}
