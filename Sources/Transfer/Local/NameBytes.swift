internal import Glibc

/// Text told apart by its bytes, as file systems and stores tell names apart: to `String`, `é` of one character and of
/// two are one, and of two files one would be lost.
package struct ByteKey: Sendable, Hashable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ByteKey, right: ByteKey) -> Bool { left.text.isSame(as: right.text) }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }
}

extension StringProtocol {
    /// Byte for byte.
    func isSame(as other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }

    func begins(with prefix: some StringProtocol) -> Bool { utf8.starts(with: prefix.utf8) }
}

/// What separates names in a path, wherever it stands: to `Character` it may be one with an accent that follows.
let slash = UInt8(ascii: "/")

extension Substring {
    /// With the `/`; `nil` where there is none.
    var throughLastSlash: String? { utf8.lastIndex(of: slash).map { String(Substring(utf8[...$0])) } }

    func segments(omittingEmpty: Bool = true) -> [Substring] {
        utf8.split(separator: slash, omittingEmptySubsequences: omittingEmpty).map { Substring($0) }
    }
}

extension String {
    var throughLastSlash: String? { self[...].throughLastSlash }

    func segments(omittingEmpty: Bool = true) -> [Substring] { self[...].segments(omittingEmpty: omittingEmpty) }
}

/// A name as a folder gives it, which need not be text.
struct EntryName: Sendable {
    /// Ends in NUL.
    let bytes: [CChar]

    init(_ entry: UnsafeMutablePointer<dirent>) {
        bytes = withUnsafePointer(to: &entry.pointee.d_name) { name in
            name.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) {
                Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
            }
        }
    }

    /// `nil` where it is not UTF-8.
    var text: String? { String(validating: bytes.dropLast().lazy.map { UInt8(bitPattern: $0) }, as: UTF8.self) }

    /// For messages: bytes that are no ASCII as `\xNN`.
    var escaped: String {
        bytes.dropLast().map { byte in
            let byte = UInt8(bitPattern: byte)
            return (0x20..<0x7F).contains(byte)
                ? String(UnicodeScalar(byte)) : "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    func precedes(_ other: EntryName) -> Bool {
        bytes.lexicographicallyPrecedes(other.bytes) { UInt8(bitPattern: $0) < UInt8(bitPattern: $1) }
    }
}
