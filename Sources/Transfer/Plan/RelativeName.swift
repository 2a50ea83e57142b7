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
        for (index, segment) in name.split(separator: "/", omittingEmptySubsequences: false).enumerated() {
            if segment.isEmpty { throw refuse("it has an empty segment ('//' or a '/' at its end)") }
            if segment == "." || segment == ".." { throw refuse("it has the segment '\(segment)'") }
            if segment.utf8.count > segmentLimit { throw refuse("a segment has more than \(segmentLimit) bytes") }
            if segment.hasPrefix(ConfinedFolder.temporaryPrefix) || index == 0 && segment == ownFolder {
                throw refuse("'\(segment)' is reserved")
            }
        }
        return name
    }
}
