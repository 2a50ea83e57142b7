internal import Basics
internal import Synchronization

/// The paths that files of one fetch will get, so that no file ever overwrites another of the same fetch silently.
///
/// Keeps 64-bit hashes instead of names: 100,000 objects cost a few MiB. Two different names are taken for one with a
/// probability of 10⁻⁹ for 100,000 objects, and then refused, not lost.
struct Destinations: Sendable {
    private var files: Set<UInt64> = []
    private var folders: Set<UInt64> = []
    /// Of names as the file system takes them for one, where it takes different names for one.
    private var folded: Set<UInt64> = []
    private let folding: NameFolding

    init(folding: NameFolding = []) { self.folding = folding }

    /// Takes `path` for `object`, or throws `.hostileName` that says what it collides with.
    /// - Parameter replacing: a file of that very path makes way.
    mutating func claim(_ path: String, for object: String, replacing: Bool = false) throws(TransferError) {
        func refuse(_ why: String) -> TransferError {
            TransferError(
                object, .hostileName, "cannot become '\(path.printable())': \(why)",
                hint: replacing
                    ? nil : "give the inputs folders of their own, or see badNames (of cp: --bad-names)")
        }
        let hash = NameFolding().hash(of: path)
        if folders.contains(hash) { throw refuse("a folder of that name holds other objects") }
        if files.contains(hash) {
            if replacing { return }
            throw refuse("another object has that path already")
        }
        for above in path.foldersAbove {
            let hash = NameFolding().hash(of: above)
            if files.contains(hash) { throw refuse("another object is a file called '\(above.printable())'") }
            if folders.insert(hash).inserted, !isNew(above) {
                throw refuse("to this file system another name is the same as '\(above.printable())'")
            }
        }
        if !isNew(path) { throw refuse("to this file system another name is the same") }
        files.insert(hash)
    }

    /// The same of a store's key, which only the very same key is in the way of: stores know no folders.
    mutating func claim(key: String, for object: String) throws(TransferError) {
        guard !files.insert(NameFolding().hash(of: key)).inserted else { return }
        throw TransferError(
            object, .hostileName, "cannot become '\(key.printable())': another object has that key already",
            hint: "give the sources places of their own")
    }

    /// The file that stands in the way of a folder for `path`, or `path` itself where a folder has that name.
    func blocked(_ path: String) -> String? {
        if folders.contains(NameFolding().hash(of: path)) { return path }
        return path.foldersAbove.first { files.contains(NameFolding().hash(of: $0)) }.map(String.init)
    }

    private mutating func isNew(_ name: some StringProtocol) -> Bool {
        folding.isEmpty || folded.insert(folding.hash(of: name)).inserted
    }
}

/// The destinations of all inputs of a call, whoever fetches them.
final class Claims: Sendable {
    private let destinations: Mutex<Destinations>
    private let folder: ConfinedFolder

    init(_ folder: ConfinedFolder, folding: NameFolding) {
        self.folder = folder
        destinations = Mutex(Destinations(folding: folding))
    }

    /// The path that `object` gets: `destination`, or for one of many another by rule. Throws `.hostileName`.
    func claim(_ destination: String, for object: String, isListed: Bool, _ badNames: BadNames) throws(TransferError)
        -> String
    {
        let renames = isListed && badNames == .rename
        let wanted = renames ? RelativeName.renamed(destination) : destination
        let result = destinations.withLock { destinations in
            Result { () throws(TransferError) in
                var path = try RelativeName.check(wanted, of: object)
                if isListed, badNames == .skip, let other = folder.obstacle(to: path) {
                    throw TransferError(
                        object, .hostileName,
                        "cannot become '\(path.printable())': '\(other.printable())' stands there and is "
                            + (other.isSame(as: path) ? "a folder" : "no folder"))
                }
                while renames, let other = destinations.blocked(path) ?? folder.obstacle(to: path) {
                    let rest = Substring(path.utf8.dropFirst(other.utf8.count))
                    path = try RelativeName.check("\(other)\(RelativeName.emptySegment)\(rest)", of: object)
                }
                try destinations.claim(path, for: object)
                return path
            }
        }
        return try result.get()
    }
}

/// What becomes of an object whose name no file can have.
package enum BadNames: String, Sendable, CaseIterable {
    /// The input fails.
    case fail
    /// The object is left out and named.
    case skip
    /// The file is named by rule: see `RelativeName.renamed`.
    case rename
}

/// Which names objects may get below a folder. Names come from strangers: whoever can write into a bucket.
enum RelativeName {
    /// Bytes of one segment, on every file system in use (NAME_MAX).
    private static let segmentLimit = 255
    /// Bytes of a whole path (PATH_MAX less its NUL).
    private static let pathLimit = 4095
    /// The agent's own folder, which nothing may shadow.
    private static let ownFolder = ".kpipe"

    /// Returns `name` if a file may be called so; throws `.hostileName` with the reason otherwise.
    static func check(_ name: String, of object: String) throws(TransferError) -> String {
        guard let fault = fault(in: name) else { return name }
        throw TransferError(
            object, .hostileName, "the name cannot become a file: \(fault)",
            hint: "rename the object, fetch it alone under a name of your own, or see badNames (of cp: --bad-names)")
    }

    private static func fault(in name: String) -> String? {
        if name.isEmpty { return "it is empty" }
        if name.utf8.first == UInt8(ascii: "/") { return "it is absolute" }
        if name.utf8.count > pathLimit { return "it has more than \(pathLimit) bytes" }
        for (index, segment) in name.segments(omittingEmpty: false).enumerated() {
            if let fault = fault(in: segment, isFirst: index == 0) { return fault }
        }
        return nil
    }

    private static func fault(in segment: Substring, isFirst: Bool) -> String? {
        if segment.isEmpty { return "it has an empty segment ('//' or a '/' at its end)" }
        if segment == "." || segment == ".." { return "it has the segment '\(segment)'" }
        if segment.utf8.contains(0) { return "it contains a NUL" }
        if segment.utf8.count > segmentLimit { return "a segment has more than \(segmentLimit) bytes" }
        if segment.begins(with: ConfinedFolder.temporaryPrefix) || isFirst && segment == ownFolder {
            return "'\(segment.printable(limit: 40))' is reserved"
        }
        return nil
    }

    /// The same name with what no file can have written otherwise, as every reader can undo but for what is too long:
    /// an empty segment is `%2F`, the first byte of `.`, `..` and reserved names and every NUL are percent-encoded, and
    /// what is longer than a segment may be keeps its beginning, `~` and 16 digits of its SHA-256.
    static func renamed(_ name: String) -> String {
        name.segments(omittingEmpty: false).enumerated().map { (index, segment) -> String in
            guard fault(in: segment, isFirst: index == 0) != nil else { return String(segment) }
            if segment.isEmpty { return emptySegment }
            var text = String(segment).replacing("\0", with: "%00")
            if text.utf8.first == UInt8(ascii: "."), fault(in: text[...], isFirst: index == 0) != nil {
                text = "%2E" + text.dropFirst()
            }
            guard text.utf8.count > segmentLimit else { return text }
            let digest = MessageDigest.sha256(Array(segment.utf8)).prefix(8)
            let kept = text.unicodeScalars.reduce(into: "") { kept, scalar in
                if kept.utf8.count + scalar.utf8.count <= segmentLimit - 17 { kept.unicodeScalars.append(scalar) }
            }
            return "\(kept)~\(Hex.encode(Array(digest)))"
        }.joined(separator: "/")
    }

    /// Also follows a name that a file needs and a folder has, or the other way round.
    static let emptySegment = "%2F"
}
