/// The paths that files of one fetch will get, so that no file ever overwrites another of the same fetch silently.
///
/// Keeps 64-bit hashes instead of names: 100,000 objects cost a few MiB. Two different names are taken for one with a
/// probability of 10⁻⁹ for 100,000 objects, and then refused, not lost.
struct Destinations: Sendable {
    private var files: Set<UInt64> = []
    private var folders: Set<UInt64> = []
    /// Of names with upper and lower case and Unicode's spellings of one character made equal.
    private var folded: Set<UInt64> = []
    private let refusesCaseCollisions: Bool

    init(refusesCaseCollisions: Bool = true) { self.refusesCaseCollisions = refusesCaseCollisions }

    /// Takes `path` for `object`, or throws `.hostileName` that says what it collides with.
    mutating func claim(_ path: String, for object: String) throws(TransferError) {
        func refuse(_ why: String) -> TransferError {
            TransferError(
                object: object, reason: .hostileName, message: "cannot become '\(path)': \(why)",
                hint: "give the inputs folders of their own")
        }
        let hash = Self.hash(path)
        if folders.contains(hash) { throw refuse("a folder of that name holds other objects") }
        if files.contains(hash) { throw refuse("another object has that path already") }
        var slash = path.utf8.firstIndex(of: UInt8(ascii: "/"))
        while let end = slash {
            let above = path[..<end]
            let hash = Self.hash(above)
            if files.contains(hash) { throw refuse("another object is a file called '\(above)'") }
            if folders.insert(hash).inserted, refusesCaseCollisions, !folded.insert(Self.foldedHash(above)).inserted {
                throw refuse("another name differs from '\(above)' in upper and lower case alone")
            }
            slash = path.utf8[path.utf8.index(after: end)...].firstIndex(of: UInt8(ascii: "/"))
        }
        if refusesCaseCollisions, !folded.insert(Self.foldedHash(path)).inserted {
            throw refuse("another name differs from it in upper and lower case alone")
        }
        files.insert(hash)
    }

    private static func hash(_ text: some StringProtocol) -> UInt64 {
        var hasher = Hasher()
        for byte in text.utf8 { hasher.combine(byte) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }

    private static func foldedHash(_ text: some StringProtocol) -> UInt64 {
        var hasher = Hasher()
        // A String hashes by canonical equivalence.
        hasher.combine(text.lowercased())
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
