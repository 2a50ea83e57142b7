import Basics
import Transfer

/// One line that tells how far a copy is. Pure.
enum ProgressLine {
    static func text(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        let done = reading.objectsDone + reading.objectsSkipped
        var parts = ["\(done)/\(String(counting: reading.objects, "object"))"]
        let known = reading.bytes > 0
        parts.append(ByteSize.rounded(reading.bytesMoved) + (known ? " of \(ByteSize.rounded(reading.bytes))" : ""))
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Double(reading.bytesMoved) / seconds : 0
        parts.append("\(ByteSize.rounded(Int64(rate)))/s")
        if known, rate > 0, reading.bytes > reading.bytesMoved {
            parts.append("\(clock(Double(reading.bytes - reading.bytesMoved) / rate)) left")
        }
        if reading.retries > 0 { parts.append(String(counting: reading.retries, "retry", "retries")) }
        if reading.failures > 0 { parts.append("\(reading.failures) failed") }
        return parts.joined(separator: "  ")
    }

    static func summary(_ reading: TransferMeter.Reading, after elapsed: Duration) -> String {
        let seconds = elapsed / .seconds(1)
        let rate = seconds > 0 ? Int64(Double(reading.bytesMoved) / seconds) : 0
        return
            "\(String(counting: reading.objectsDone, "object")), \(ByteSize.rounded(reading.bytesMoved)) in \(clock(seconds))"
            + ", \(ByteSize.rounded(rate))/s"
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
