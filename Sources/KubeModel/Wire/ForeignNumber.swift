internal import Basics

/// Numbers that somebody else has written, brought into ranges in which they can be added, subtracted and multiplied
/// without a thought: on the wire, in either encoding, a number may be anything that 64 bits hold, and in JSON more.
///
/// What a range cuts off means nothing in the cluster either: the API server stores none of it.
package enum ForeignNumber {
    /// The years 1 to 9999, in seconds since 1970: what RFC 3339 can write.
    private static let moments: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// An exit code, a signal, an HTTP status.
    static func code(_ number: Int64) -> Int32 { Int32(clamping: number) }

    /// How many of something there are.
    package static func count(_ number: Int64) -> Int32 { Int32(clamping: max(0, number)) }

    /// The same, from digits; `nil` for anything else.
    package static func count(parsing text: String) -> Int32? { JSONCursor.integer(text).map { count($0) } }

    /// How long something takes, in seconds: 68 years at most.
    static func seconds(_ number: Int64) -> Int64 { Int64(count(number)) }

    /// When something was, in seconds since 1970.
    static func moment(_ number: Int64) -> Int64 {
        min(max(number, moments.lowerBound), moments.upperBound)
    }

    /// A `metav1.Time` of protobuf, to the second.
    static func moment(in bytes: Span<UInt8>, _ time: WireField) throws(WireError) -> Int64 {
        var cursor = try time.cursor()
        var seconds: Int64 = 0
        while let field = try cursor.next(in: bytes) {
            if field.number == 1 { seconds = moment(try field.integer()) }
        }
        return seconds
    }

    /// A time as the API writes it in JSON (RFC 3339), to the second; 0 for anything else.
    static func moment(parsing text: String) -> Int64 {
        CivilTime(internet: text).map { moment($0.secondsSince1970) } ?? 0
    }
}
