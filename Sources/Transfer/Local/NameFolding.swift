internal import Glibc

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
