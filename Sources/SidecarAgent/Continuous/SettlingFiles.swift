import Transfer

/// Which outputs have been complete and quiet for long enough to be stored while main runs. Decides alone; the clock and
/// the files are the caller's.
struct SettlingFiles: Sendable {
    /// Since a file was closed after writing, or got its name.
    static let quiet = Duration.seconds(1)
    /// For a file that was found and not seen being closed: it may still be open.
    static let quietUnseen = Duration.seconds(10)
    /// Before what could not be stored is tried again.
    static let pause = Duration.seconds(60)
    /// Files waiting at once; others are found again later.
    static let limit = 4096
    /// Files of one search in several looks, some dozen bytes each; others are stored at the end.
    static let searched = 1_000_000

    private var due: [ByteKey: Duration] = [:]
    /// Something was not kept: the folder is to be looked through again.
    private(set) var missesSome = false
    /// Hashes of what was taken up since: another look is for the others.
    private var taken: Set<Int> = []

    /// The file is due once it was left alone for so long from now on.
    mutating func add(_ path: String, at now: Duration, quiet: Duration = Self.quiet) {
        let path = ByteKey(path)
        guard due.count < Self.limit || due[path] != nil else {
            missesSome = true
            taken.remove(path.hashValue)
            return
        }
        due[path] = now + quiet
        if taken.count < Self.searched { taken.insert(path.hashValue) }
    }

    /// The same for a file that lies there and was not seen being closed.
    mutating func add(found path: String, at now: Duration) {
        guard taken.count < Self.searched, !taken.contains(ByteKey(path).hashValue) else { return }
        add(path, at: now, quiet: Self.quietUnseen)
    }

    /// What was not seen may have changed any file.
    mutating func lose() {
        missesSome = true
        taken = []
    }

    /// What is due now, first what has waited longest; at most so many.
    mutating func take(at now: Duration, most: Int) -> [String] {
        let ready = due.filter { $0.value <= now }.sorted { ($0.value, $0.key.text) < ($1.value, $1.key.text) }
            .prefix(most)
        for (path, _) in ready { due[path] = nil }
        return ready.map(\.key.text)
    }

    /// `true` once there is room for what was not kept.
    mutating func takeMissing() -> Bool {
        guard due.isEmpty else { return false }
        if !missesSome { taken = [] }
        defer { missesSome = false }
        return missesSome
    }

    /// When something is due; `nil` while nothing waits.
    var next: Duration? { due.values.min() }
}
