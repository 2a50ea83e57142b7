/// What `SRC… DST` of a copy means. Pure but for two questions to the file system, which the caller answers.
///
/// | sources | destination | meaning |
/// | --- | --- | --- |
/// | one object or file | ends in `/`, or is a folder that exists | keeps its name, in there |
/// | one object or file | anything else | gets that name |
/// | a folder that exists, without `/` or `-R` | a local one | refused |
/// | one object or file | `-` | goes to standard output; a folder or prefix is refused |
/// | `-` | anything but a folder or prefix | gets that name |
/// | a local path with `*?[{\` in it that exists as written | anything | that file or folder, not a pattern |
/// | a pattern, a source that ends in `/`, several sources | a folder or prefix | each keeps its path below the fixed part |
package enum CopyPlan: Sendable, Equatable {
    /// Into a local folder.
    case fetch([InputRequest], folder: String)
    /// Out of local folders; each goes with one folder.
    case store([Store])
    /// From store to store, through this process's memory.
    case relay([InputRequest], to: String)
    /// One object to standard output.
    case print(String)
    /// Standard input to one object.
    case read(to: String)

    package struct Store: Sendable, Equatable {
        package var folder: String
        package var output: OutputRequest
    }

    /// - Parameters:
    ///   - recursive: sources that name a folder or prefix without `/` at the end are meant with all they hold.
    ///   - exists: whether there is something at a local path.
    ///   - isFolder: whether a local path is a folder that exists.
    package init(
        sources: [String], destination: String, recursive: Bool, exists: (String) -> Bool, isFolder: (String) -> Bool
    ) throws(TransferError) {
        let target = try Location(destination)
        let places = try sources.map { (text) throws(TransferError) in try Location(text) }
        guard let first = places.first else {
            throw Self.refuse(Location.shown(destination), "there is nothing to copy")
        }
        if places.contains(where: \.isStandardStream) || target.isStandardStream {
            guard places.count == 1, first != target, !recursive else {
                throw Self.refuse("-", "standard input and output are for one object alone")
            }
            if target.isStandardStream, Self.isFolder(first, sources[0], isFolder) {
                throw Self.refuse(sources[0], "standard output takes one object, and this names many")
            }
            if !target.isStandardStream, Self.isFolder(target, destination, isFolder) {
                throw Self.refuse(
                    destination, "what comes from standard input has no name of its own",
                    hint: "give the file a name: \(destination.hasSuffix("/") ? destination : destination + "/")NAME")
            }
            self = target.isStandardStream ? .print(sources[0]) : .read(to: destination)
            return
        }
        let full = zip(sources, places).map { text, place in
            guard place.isLocal else { return recursive && !text.hasSuffix("/") ? text + "/" : text }
            let path = Self.folder(place.key, recursive, isFolder)
            return exists(place.key) ? Glob.escape(path) : path
        }
        let many = full.count > 1 || zip(full, places).contains { Self.isMany($0, $1) }
        if target.isLocal {
            for (text, place) in zip(full, places) where place.isLocal && !text.hasSuffix("/") && isFolder(place.key) {
                throw Self.refuse(place.key, "is a folder", hint: "write \(place.key)/ or -R for what it holds")
            }
            let path = target.key
            let intoFolder = many || Self.isFolder(target, destination, isFolder)
            let (above, name) = ConfinedFolder.split(path)
            let folder = intoFolder ? path : path.hasPrefix("/") && above.isEmpty ? "/" : above.isEmpty ? "." : above
            self = .fetch(full.map { InputRequest(from: $0, to: intoFolder ? "" : name) }, folder: folder)
        } else {
            if many, !destination.hasSuffix("/") {
                throw Self.refuse(Location.shown(destination), "several objects need a destination that ends in '/'")
            }
            if places.allSatisfy(\.isLocal) {
                self = .store(full.map { Self.store($0, to: destination) })
            } else {
                self = .relay(full.map { InputRequest(from: $0, to: "") }, to: destination)
            }
        }
    }

    /// A local path that is a folder is meant with all it holds.
    private static func folder(_ path: String, _ recursive: Bool, _ isFolder: (String) -> Bool) -> String {
        recursive && !path.hasSuffix("/") && isFolder(path) ? path + "/" : path
    }

    private static func isFolder(_ place: Location, _ text: String, _ isFolder: (String) -> Bool) -> Bool {
        text.hasSuffix("/") && place.lists || place.isLocal && isFolder(place.key)
    }

    private static func isMany(_ text: String, _ place: Location) -> Bool {
        guard place.lists else { return false }
        return text.hasSuffix("/") || Glob.isPattern(place.isLocal ? text : place.key)
    }

    /// The folder is as deep as the pattern allows, so that the rest of the disk is never walked.
    private static func store(_ path: String, to destination: String) -> Store {
        let fixed = (try? Glob(path))?.fixedFolder ?? ConfinedFolder.split(path).above
        let rest = String(decoding: path.utf8.dropFirst(Self.lengthInPattern(of: fixed, path)), as: UTF8.self)
        return Store(
            folder: fixed.isEmpty ? "." : fixed, output: OutputRequest(from: rest, to: destination, optional: false))
    }

    /// Bytes that `fixed` takes up in the pattern, where it may be written with escapes.
    private static func lengthInPattern(of fixed: String, _ pattern: String) -> Int {
        let slashes = fixed.utf8.count { $0 == UInt8(ascii: "/") }
        var seen = 0
        for (index, byte) in pattern.utf8.enumerated() {
            if seen == slashes { return index }
            if byte == UInt8(ascii: "/") { seen += 1 }
        }
        return seen == slashes ? pattern.utf8.count : 0
    }

    private static func refuse(_ object: String, _ message: String, hint: String = "see kpipe-sidecar cp --help")
        -> TransferError
    {
        TransferError(object, .configuration, message, hint: hint)
    }
}
