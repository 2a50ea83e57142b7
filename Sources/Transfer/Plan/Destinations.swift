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

/// Which names objects may get below a folder. Names come from strangers: whoever can write into a bucket.
enum RelativeName {
    /// Bytes of one segment, on every file system in use (NAME_MAX).
    static let segmentLimit = 255
    /// Bytes of a whole path (PATH_MAX less its NUL).
    static let pathLimit = 4095
    /// The agent's own folder, which nothing may shadow.
    private static let ownFolder = ".kpipe"

    /// Returns `name` if a file may be called so; throws `.hostileName` with the reason otherwise.
    static func check(_ name: String, of object: String) throws(TransferError) -> String {
        func refuse(_ why: String) -> TransferError {
            TransferError(
                object: object, reason: .hostileName, message: "the name cannot become a file: \(why)",
                hint: "rename the object, or fetch it alone under a name of your own")
        }
        if name.isEmpty { throw refuse("it is empty") }
        if name.utf8.first == UInt8(ascii: "/") { throw refuse("it is absolute") }
        if name.utf8.count > pathLimit { throw refuse("it has more than \(pathLimit) bytes") }
        if name.utf8.contains(0) { throw refuse("it contains a NUL") }
        for (index, segment) in name.segments(omittingEmpty: false).enumerated() {
            if segment.isEmpty { throw refuse("it has an empty segment ('//' or a '/' at its end)") }
            if segment == "." || segment == ".." { throw refuse("it has the segment '\(segment)'") }
            if segment.utf8.count > segmentLimit { throw refuse("a segment has more than \(segmentLimit) bytes") }
            if segment.begins(with: ConfinedFolder.temporaryPrefix) || index == 0 && segment == ownFolder {
                throw refuse("'\(segment)' is reserved")
            }
        }
        return name
    }
}
