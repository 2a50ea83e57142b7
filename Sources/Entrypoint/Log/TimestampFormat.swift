/// How a log line's time is written after its prefix. Always UTC: no locale and no time zone tables in any image.
package struct TimestampFormat: Sendable, Equatable {
    enum Part: Sendable, Equatable {
        case text([UInt8])
        /// A conversion of strftime(3).
        case field(UInt8)
        /// Seconds since the run began, to the millisecond.
        case elapsed
    }

    let parts: [Part]

    /// `2026-11-21T03:29:38.123Z`
    package static let iso = TimestampFormat(strftime: Array("%Y-%m-%dT%H:%M:%S.%LZ".utf8))
    /// `12.345`
    package static let elapsed = TimestampFormat(parts: [.elapsed])

    /// The conversions: those of strftime(3) that need no locale, and `%L` for milliseconds, `%f` for microseconds.
    package static let conversions: StaticString = "YmdHMSLfsjyFTzZ"

    /// `iso`, `elapsed`, or a format with at least one conversion; nil for anything else.
    package init?(parsing text: String) {
        let bytes = Array(text.utf8)
        if bytes.elementsEqual("iso".utf8) {
            self = .iso
        } else if bytes.elementsEqual("elapsed".utf8) {
            self = .elapsed
        } else {
            guard let format = Self.parts(of: bytes),
                format.contains(where: { if case .field = $0 { true } else { false } })
            else { return nil }
            parts = format
        }
    }

    private init(parts: [Part]) { self.parts = parts }

    private init(strftime bytes: [UInt8]) { parts = Self.parts(of: bytes) ?? [] }

    private static func parts(of bytes: [UInt8]) -> [Part]? {
        var parts: [Part] = []
        var text: [UInt8] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            // A line break would tear the line from its prefix.
            guard byte >= 0x20 else { return nil }
            guard byte == UInt8(ascii: "%") else {
                text.append(byte)
                continue
            }
            guard let conversion = rest.popFirst() else { return nil }
            if conversion == UInt8(ascii: "%") {
                text.append(conversion)
            } else {
                guard conversions.withUTF8Buffer({ $0.contains(conversion) }) else { return nil }
                if !text.isEmpty { parts.append(.text(text)) }
                text = []
                parts.append(.field(conversion))
            }
        }
        if !text.isEmpty { parts.append(.text(text)) }
        return parts
    }
}
