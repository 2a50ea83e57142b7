import Basics
import WorkdirProtocol

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

extension TimestampFormat {
    /// The stamp and the space that follows it. `microseconds` since 1970, `start` when the run began.
    package func render(_ microseconds: Int64, since start: Int64) -> [UInt8] {
        var stamp: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let text): stamp += text
            case .elapsed:
                let elapsed = max(0, microseconds - start) / 1000
                Self.append(elapsed / 1000, digits: 1, to: &stamp)
                stamp.append(UInt8(ascii: "."))
                Self.append(elapsed % 1000, digits: 3, to: &stamp)
            case .field(let conversion): Self.append(conversion, CivilTime(microseconds: microseconds), to: &stamp)
            }
        }
        stamp.append(UInt8(ascii: " "))
        return stamp
    }

    private static func append(_ conversion: UInt8, _ time: CivilTime, to stamp: inout [UInt8]) {
        switch conversion {
        case UInt8(ascii: "Y"): append(time.year, digits: 4, to: &stamp)
        case UInt8(ascii: "y"): append(time.year % 100, digits: 2, to: &stamp)
        case UInt8(ascii: "m"): append(time.month, digits: 2, to: &stamp)
        case UInt8(ascii: "d"): append(time.day, digits: 2, to: &stamp)
        case UInt8(ascii: "j"): append(time.dayOfYear, digits: 3, to: &stamp)
        case UInt8(ascii: "H"): append(time.hour, digits: 2, to: &stamp)
        case UInt8(ascii: "M"): append(time.minute, digits: 2, to: &stamp)
        case UInt8(ascii: "S"): append(time.second, digits: 2, to: &stamp)
        case UInt8(ascii: "L"): append(time.microsecond / 1000, digits: 3, to: &stamp)
        case UInt8(ascii: "f"): append(time.microsecond, digits: 6, to: &stamp)
        case UInt8(ascii: "s"): append(time.secondsSince1970, digits: 1, to: &stamp)
        case UInt8(ascii: "z"): stamp += "+0000".utf8
        case UInt8(ascii: "Z"): stamp += "UTC".utf8
        case UInt8(ascii: "F"): append(["Y", "-", "m", "-", "d"], time, to: &stamp)
        default: append(["H", ":", "M", ":", "S"], time, to: &stamp)
        }
    }

    private static func append(_ sequence: [Unicode.Scalar], _ time: CivilTime, to stamp: inout [UInt8]) {
        for scalar in sequence {
            let byte = UInt8(ascii: scalar)
            if scalar == "-" || scalar == ":" { stamp.append(byte) } else { append(byte, time, to: &stamp) }
        }
    }

    private static func append(_ number: Int64, digits: Int, to stamp: inout [UInt8]) {
        let text = Array("\(number)".utf8)
        for _ in text.count..<max(digits, text.count) { stamp.append(UInt8(ascii: "0")) }
        stamp += text
    }
}
