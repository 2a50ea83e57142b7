internal import Basics
internal import WorkdirProtocol

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
