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
    /// The folders that a path leads through, the highest first.
    var foldersAbove: [Substring] { utf8.indices.filter { utf8[$0] == slash }.map { self[..<$0] } }

    var throughLastSlash: String? { self[...].throughLastSlash }

    func segments(omittingEmpty: Bool = true) -> [Substring] { self[...].segments(omittingEmpty: omittingEmpty) }
}

/// Which different names are one to a file system: asked once of the folder itself, because neither its type nor its
/// mount options tell (ext4 folds case folder by folder).
struct NameFolding: OptionSet, Sendable {
    let rawValue: UInt8
    /// `x.h` is `X.h`.
    static let letterCase = NameFolding(rawValue: 1)
    /// `é` of one character is `é` of two.
    static let spelling = NameFolding(rawValue: 2)

    /// What this folder makes of a file made for the question.
    static func probe(_ folder: ConfinedFolder) -> NameFolding {
        let name = "\(ConfinedFolder.temporaryPrefix)\(String(UInt64.random(in: 0 ... .max), radix: 36))-"
        guard let file = try? folder.openFile(name + "a\u{E9}", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
        else { return [] }
        defer {
            close(file)
            folder.remove(name + "a\u{E9}")
        }
        var folding: NameFolding = []
        func isThere(_ other: String) -> Bool { ((try? folder.status(other)) ?? nil) != nil }
        if isThere(name.uppercased() + "A\u{E9}") { folding.insert(.letterCase) }
        if isThere(name + "ae\u{301}") { folding.insert(.spelling) }
        return folding
    }

    /// Equal for names that are one here.
    func hash(of name: some StringProtocol) -> UInt64 {
        var hasher = Hasher()
        let text = contains(.letterCase) ? name.lowercased() : String(name)
        if contains(.spelling) {
            // A String hashes by canonical equivalence.
            hasher.combine(text)
        } else {
            for byte in text.utf8 { hasher.combine(byte) }
        }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
