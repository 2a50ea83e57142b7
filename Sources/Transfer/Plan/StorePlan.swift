internal import Basics
internal import Glibc

/// What one call stores, in some dozen bytes a file beside its name: there may be hundreds of thousands.
struct StorePlan: Sendable {
    /// An output and the place it goes to.
    struct Target: Sendable {
        var output: OutputRequest
        var place: ResolvedURL
        var plan: OutputPlan
    }

    private struct Entry {
        /// Of its path in `names`.
        var place: BytePieces.Place
        var target: UInt32
    }

    private let targets: [Target]
    private let reserved: Set<String>
    private var names = BytePieces()
    /// By piece of `names`, how many entries need it.
    private var open: [UInt32: Int] = [:]
    private var entries: [Entry] = []
    /// Entries by their URLs' hashes, while the plan is made.
    private var takers = HashIndex()

    /// By target, the files that become one object together.
    private var packs: [UInt32: [Entry]] = [:]

    /// Of each target, whether a file was there for it.
    private var isFound: [Bool]

    /// - Parameter reserved: URLs that no file may become, as `ResolvedURL` writes them.
    init(_ targets: [Target], reserved: Set<String> = []) {
        self.targets = targets
        self.reserved = reserved
        isFound = [Bool](repeating: false, count: targets.count)
    }

    var count: Int { entries.count }

    /// Whether any output means a file at `path`.
    func means(_ path: String) -> Bool { targets.contains { $0.plan.key(of: path) != nil } }

    /// As `means`, of a file that is there and cannot be stored: what means it is not missing.
    mutating func finds(_ path: String) -> Bool {
        let meaning = targets.indices.filter { targets[$0].plan.key(of: path) != nil }
        for index in meaning { isFound[index] = true }
        return !meaning.isEmpty
    }

    /// Whether any output may mean a file in that folder.
    func reaches(into folder: String) -> Bool { targets.contains { $0.plan.reaches(into: folder) } }

    /// What is missing: outputs that must match a file and match none, not even among those that cannot be stored.
    var missing: [String] {
        zip(targets, isFound).compactMap { target, isFound in
            isFound || !target.output.isRequired ? nil : target.output.from
        }
    }

    /// Takes a file for every output that means it, and a folder, which has a mode and may be empty, for every archive. A file
    /// that two outputs send to one URL goes once; two files that would become one object are refused.
    mutating func add(_ path: String, isFolder: Bool = false) -> [TransferError] {
        var failures: [TransferError] = []
        var place: BytePieces.Place?
        for (index, target) in targets.enumerated() {
            let isPacked = target.output.pack != .none
            guard let key = target.plan.key(of: path), !isFolder || isPacked && target.plan.reaches(into: path) else {
                continue
            }
            if !isFolder { isFound[index] = true }
            if !isFolder, target.plan.isFolderItself(path) {
                failures.append(.noFolder(path, target.output.from))
                continue
            }
            let kept = place ?? names.append((isFolder ? path + "/" : path).utf8)
            place = kept
            let entry = Entry(place: kept, target: UInt32(index))
            if isPacked {
                open[kept.piece, default: 0] += 1
                packs[UInt32(index), default: []].append(entry)
                // One entry stands for them all.
                if packs[UInt32(index)]?.count ?? 0 > 1 { continue }
            }
            let url = target.place.url(of: isPacked ? target.place.key : key)
            if reserved.contains(url) {
                failures.append(.reserved(path, url))
                continue
            }
            let hash = NameFolding().hash(of: url)
            if let other = takers[hash], self[other].url.isSame(as: url) {
                let taken = self.path(other)
                let isPack = isPacked || packs[entries[other].target] != nil
                if isPack || !taken.isSame(as: path) { failures.append(.sameObject(path, taken, url)) }
                continue
            }
            takers[hash] = entries.count
            open[kept.piece, default: 0] += 1
            entries.append(entry)
        }
        return failures
    }

    /// Higher priorities first, then output by output and by path.
    mutating func finish() {
        takers = HashIndex()
        let ranks = targets.map(\.output.priority)
        entries.sort {
            let (left, right) = (Int($0.target), Int($1.target))
            return ranks[left] != ranks[right]
                ? ranks[left] > ranks[right]
                : left != right
                    ? left < right : ($0.place.piece, $0.place.offset) < ($1.place.piece, $1.place.offset)
        }
    }

    /// Of a file; of what is packed, the object's own name.
    func path(_ index: Int) -> String {
        let entry = entries[index]
        if packs[entry.target] != nil {
            return targets[Int(entry.target)].place.key.segments().last.map(String.init) ?? ""
        }
        return names.text(entry.place)
    }

    /// The entry's path is not asked for again: once none of a piece's is, it makes room for what comes of them.
    mutating func close(_ index: Int) {
        let piece = entries[index].place.piece
        open[piece, default: 1] -= 1
        if open[piece] == 0 { names.drop(piece) }
    }

    subscript(index: Int) -> StoreItem {
        let path = path(index)
        let target = targets[Int(entries[index].target)]
        let pack = packs[entries[index].target].map { packed in
            Pack(
                format: target.output.pack,
                names: { [names] in names.text(packed[$0].place) }, count: packed.count)
        }
        let key = pack == nil ? target.plan.key(of: path) ?? "" : target.place.key
        return StoreItem(
            store: target.place.store, key: key, url: target.place.url(of: key), path: path,
            priority: target.output.priority, contentType: target.output.settings.contentType, pack: pack)
    }
}

extension TransferError {
    static func missing(_ pattern: String, isFolder: Bool) -> TransferError {
        let isEmpty = isFolder && pattern.utf8.last == slash
        return TransferError(
            pattern, .local(errno: ENOENT),
            isEmpty ? "holds no file" : isFolder ? "is a folder, not a file" : "there is no such file",
            hint: isFolder && !isEmpty
                ? "end its name with '/' to store all that it holds"
                : "check the name; an output of a step that may be missing is marked as optional")
    }

    /// Stored, it would have the key of the folder's marker.
    fileprivate static func noFolder(_ path: String, _ from: String) -> TransferError {
        TransferError(
            path, .local(errno: ENOTDIR), "is a file, not the folder that '\(from)' means",
            hint: "write '\(path)' where the file is meant")
    }

    fileprivate static func reserved(_ path: String, _ url: String) -> TransferError {
        TransferError(
            path, .reservedName, "would become the manifest, \(url): the name is reserved", hint: "give it another name"
        )
    }

    fileprivate static func sameObject(_ path: String, _ other: String, _ url: String) -> TransferError {
        TransferError(
            path, .hostileName, "would overwrite '\(other)', which becomes \(url) too",
            hint: "give the outputs targets of their own")
    }
}
