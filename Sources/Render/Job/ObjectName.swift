/// Names of objects, as the API server takes them (RFC 1123 labels).
enum ObjectName {
    /// `nil` for a name that is fine.
    static func problem(_ name: String, longest: Int = 63) -> String? {
        let isFine = { (byte: UInt8) in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        }
        guard let first = name.utf8.first, let last = name.utf8.last, isFine(first), isFine(last),
            name.utf8.allSatisfy({ isFine($0) || $0 == UInt8(ascii: "-") }), name.utf8.count <= longest
        else {
            return "expected at most \(longest) lower-case letters, digits and -, found \u{201C}\(name)\u{201D}"
        }
        return nil
    }
}
