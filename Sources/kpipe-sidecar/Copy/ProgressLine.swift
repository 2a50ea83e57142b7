import ArgumentParser
import Transfer

/// One line that tells how far a copy is. Pure.
enum ProgressLine {
    static func text(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        var parts = ["\(reading.objectsDone + reading.objectsSkipped)/\(reading.objects) objects"]
        let known = reading.bytes > 0
        parts.append(SizeText.text(reading.bytesMoved) + (known ? " of \(SizeText.text(reading.bytes))" : ""))
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Double(reading.bytesMoved) / seconds : 0
        parts.append("\(SizeText.text(Int64(rate)))/s")
        if known, rate > 0, reading.bytes > reading.bytesMoved {
            parts.append("\(clock(Double(reading.bytes - reading.bytesMoved) / rate)) left")
        }
        if reading.retries > 0 { parts.append("\(reading.retries) retries") }
        if reading.failures > 0 { parts.append("\(reading.failures) failed") }
        return parts.joined(separator: "  ")
    }

    static func summary(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Int64(Double(reading.bytesMoved) / seconds) : 0
        return "\(reading.objectsDone) objects, \(SizeText.text(reading.bytesMoved)) in \(clock(seconds))"
            + ", \(SizeText.text(rate))/s"
    }

    /// `42.1 s`, `3:05` or `2:00:09`.
    static func clock(_ seconds: Double) -> String {
        guard seconds < 360_000 else { return "days" }
        let whole = Int(seconds)
        if whole < 60 { return "\(whole).\(Int(seconds * 10) % 10) s" }
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if whole < 3600 { return "\(whole / 60):\(two(whole % 60))" }
        return "\(whole / 3600):\(two(whole / 60 % 60)):\(two(whole % 60))"
    }
}

/// Numbers of bytes, as people write and read them.
enum SizeText {
    private static let units: [(name: String, size: Int64)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]

    /// Reads `8MiB`, `8M` or plain bytes.
    @Sendable static func parse(_ text: String) throws -> Int64 {
        for unit in units {
            for suffix in [unit.name, String(unit.name.prefix(1))] where text.hasSuffix(suffix) {
                guard let count = Int64(text.dropLast(suffix.count)), count >= 0, count < Int64.max / unit.size else {
                    break
                }
                return count * unit.size
            }
        }
        guard let bytes = Int64(text), bytes >= 0 else {
            throw ValidationError("'\(text)' is no size; write bytes, or 8MiB")
        }
        return bytes
    }

    /// Three digits and a unit.
    static func text(_ bytes: Int64) -> String {
        for unit in units where bytes >= unit.size {
            let tenths = bytes / (unit.size / 10)
            return tenths >= 1000 ? "\(tenths / 10) \(unit.name)" : "\(tenths / 10).\(tenths % 10) \(unit.name)"
        }
        return "\(bytes) B"
    }
}
