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
        /// Where its path begins in `names`.
        var start: Int
        var length: UInt32
        var target: UInt32
    }

    private let targets: [Target]
    private let reserved: Set<String>
    private var names: [UInt8] = []
    private var entries: [Entry] = []
    /// Entries by their URLs' hashes, while the plan is made.
    private var takers: [UInt64: Int32] = [:]

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
    var missing: [TransferError] {
        zip(targets, isFound).compactMap { target, isFound in
            isFound || !target.output.isRequired ? nil : .missing(target.output.from)
        }
    }

    /// Takes a file for every output that means it. A file that two outputs send to one URL goes once; two files that would
    /// become one object are refused.
    mutating func add(_ path: String) -> [TransferError] {
        var failures: [TransferError] = []
        var start: Int?
        for (index, target) in targets.enumerated() {
            guard let key = target.plan.key(of: path) else { continue }
            isFound[index] = true
            let isPacked = target.output.pack != .none
            if isPacked {
                if start == nil {
                    start = names.count
                    names += path.utf8
                }
                let entry = Entry(start: start ?? 0, length: UInt32(path.utf8.count), target: UInt32(index))
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
            if let other = takers[hash], self[Int(other)].url.isSame(as: url) {
                let taken = self.path(Int(other))
                let isPack = isPacked || packs[entries[Int(other)].target] != nil
                if isPack || !taken.isSame(as: path) { failures.append(.sameObject(path, taken, url)) }
                continue
            }
            takers[hash] = Int32(entries.count)
            if start == nil {
                start = names.count
                names += path.utf8
            }
            entries.append(Entry(start: start ?? 0, length: UInt32(path.utf8.count), target: UInt32(index)))
        }
        return failures
    }

    /// Higher priorities first, then output by output and by path.
    mutating func finish() {
        takers = [:]
        let ranks = targets.map(\.output.priority)
        entries.sort {
            let (left, right) = (Int($0.target), Int($1.target))
            return ranks[left] != ranks[right]
                ? ranks[left] > ranks[right] : left != right ? left < right : $0.start < $1.start
        }
    }

    /// Of a file; of what is packed, the object's own name.
    func path(_ index: Int) -> String {
        let entry = entries[index]
        if packs[entry.target] != nil {
            return targets[Int(entry.target)].place.key.segments().last.map(String.init) ?? ""
        }
        return String(decoding: names[entry.start..<entry.start + Int(entry.length)], as: UTF8.self)
    }

    subscript(index: Int) -> StoreItem {
        let path = path(index)
        let target = targets[Int(entries[index].target)]
        let pack = packs[entries[index].target].map { packed in
            Pack(
                format: target.output.pack,
                names: { [names] in
                    String(decoding: names[packed[$0].start..<packed[$0].start + Int(packed[$0].length)], as: UTF8.self)
                }, count: packed.count)
        }
        let key = pack == nil ? target.plan.key(of: path) ?? "" : target.place.key
        return StoreItem(
            store: target.place.store, key: key, url: target.place.url(of: key), path: path,
            priority: target.output.priority, contentType: target.output.settings.contentType, pack: pack)
    }
}

extension TransferError {
    fileprivate static func missing(_ pattern: String) -> TransferError {
        TransferError(
            object: pattern, reason: .local(errno: ENOENT), message: "there is no such file in output/",
            hint: "mark the output as optional if it may be missing")
    }

    fileprivate static func reserved(_ path: String, _ url: String) -> TransferError {
        TransferError(
            object: path, reason: .reservedName, message: "would become the manifest, \(url): the name is reserved",
            hint: "give it another name")
    }

    fileprivate static func sameObject(_ path: String, _ other: String, _ url: String) -> TransferError {
        TransferError(
            object: path, reason: .hostileName, message: "would overwrite '\(other)', which becomes \(url) too",
            hint: "give the outputs targets of their own")
    }
}
