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
    /// The folders that a path leads through, the highest first.
    var foldersAbove: [Substring] { utf8.indices.filter { utf8[$0] == slash }.map { self[..<$0] } }

    var throughLastSlash: String? { self[...].throughLastSlash }

    func segments(omittingEmpty: Bool = true) -> [Substring] { self[...].segments(omittingEmpty: omittingEmpty) }
}
