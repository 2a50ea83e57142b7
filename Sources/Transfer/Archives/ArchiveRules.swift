/// Watches that an archive does not unfold without end. Pure.
struct ArchiveBudget: Sendable, Equatable {
    private let limits: ArchiveLimits
    private let object: String
    /// Bytes of the archive itself; where nobody knows, its content is judged by its size alone.
    private let size: Int64?
    private var entries = 0
    private var bytes: Int64 = 0

    init(_ limits: ArchiveLimits, size: Int64?, object: String) {
        self.limits = limits
        self.size = size
        self.object = object
    }

    mutating func addEntry() throws(TransferError) {
        entries += 1
        if entries > limits.entries { throw bomb("it has more than \(limits.entries) entries") }
    }

    /// `count` more bytes of content, holes of sparse files included.
    mutating func add(_ count: Int64) throws(TransferError) {
        let (sum, isBeyond) = bytes.addingReportingOverflow(count)
        bytes = isBeyond ? .max : sum
        if bytes > limits.bytes { throw bomb("its content has more than \(limits.bytes) bytes") }
        if let size, bytes > limits.ratioFloor, bytes / limits.ratio > max(size, 1) {
            throw bomb("its content is more than \(limits.ratio) times its size")
        }
    }

    private func bomb(_ why: String) -> TransferError {
        TransferError(
            object, .archive, "the archive looks like a bomb: \(why)",
            hint: "fetch it without unpacking if it is meant to be so large")
    }
}

/// What an archive may unfold to before it counts as a bomb.
package struct ArchiveLimits: Sendable, Equatable {
    /// Bytes of content in all.
    var bytes: Int64
    var entries: Int
    /// Content per byte of archive, judged once `ratioFloor` bytes have come out.
    var ratio: Int64
    var ratioFloor: Int64

    package init(
        bytes: Int64 = 1 << 40, entries: Int = 1_000_000, ratio: Int64 = 1000, ratioFloor: Int64 = 64 << 20
    ) {
        self.bytes = bytes
        self.entries = entries
        self.ratio = ratio
        self.ratioFloor = ratioFloor
    }
}

/// Where entries of an archive may stand and links in it may lead. Pure.
enum ArchiveName {
    /// The path below the folder that the archive becomes; "" for the folder itself. Throws `.hostileName`.
    static func path(_ name: String, in object: String) throws(TransferError) -> String {
        // tar writes './name', and 'folder/'.
        var rest = Substring(name)
        while rest.begins(with: "./") { rest = Substring(rest.utf8.dropFirst(2)) }
        while rest.utf8.last == slash, rest.utf8.count > 1 { rest = Substring(rest.utf8.dropLast()) }
        if rest.isEmpty || rest == "." { return "" }
        return try RelativeName.check(String(rest), of: "\(object): entry '\(name)'")
    }

    /// Refuses a symbolic link at `path` that could lead outside.
    ///
    /// Its target may climb only at its beginning, and not above the root. The link itself stands in a real folder,
    /// since none is made through a link, so those steps are what they seem; the steps that follow descend, perhaps
    /// through other links, each of which obeys the same rule.
    static func check(link target: String, at path: String, in object: String) throws(TransferError) {
        func refuse(_ why: String) -> TransferError {
            TransferError("\(object): entry '\(path)'", .hostileName, "is a link to '\(target)', which \(why)")
        }
        guard !target.isEmpty, !target.utf8.contains(0) else { throw refuse("is no name") }
        guard target.utf8.first != slash else { throw refuse("leads out of the archive's folder") }
        var depth = path.segments().count - 1
        var descends = false
        for step in target.segments() where step != "." {
            if step == ".." {
                depth -= 1
                guard depth >= 0 else { throw refuse("leads out of the archive's folder") }
                guard !descends else { throw refuse("climbs again after it has descended") }
            } else {
                descends = true
            }
        }
    }
}
