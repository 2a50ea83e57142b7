internal import KubeModel

/// Records by the uid of their objects, with the version each was read at: dense, because there may be 100,000.
///
/// Entries lie in chunks that never move, so that growing copies none and leaves no slack beyond a chunk; what finds them
/// is a table of four bytes each. The whole is some 50 bytes a record beside the record itself.
struct ObjectTable<Record: Sendable>: Sendable {
    private struct Entry: Sendable {
        var uid: ObjectUID
        var version: UInt64
        /// Of the last whole state that it was part of.
        var generation: UInt32
        /// `nil` in a place that is free.
        var record: Record?
    }

    private static var chunkSize: Int { 256 }
    private static var none: UInt32 { .max }

    private var chunks: [ContiguousArray<Entry>] = []
    private var free: [UInt32] = []
    /// Open addressing with linear probing; a power of two.
    private var index: [UInt32] = Array(repeating: none, count: 64)
    private var generation: UInt32 = 0
    /// The most that one whole state has brought so far, though it may have broken off.
    private var largestState = 0
    private(set) var count = 0

    private subscript(place: UInt32) -> Entry {
        get { chunks[Int(place) / Self.chunkSize][Int(place) % Self.chunkSize] }
        _modify { yield &chunks[Int(place) / Self.chunkSize][Int(place) % Self.chunkSize] }
    }

    func record(_ uid: ObjectUID) -> Record? {
        let place = index[slot(of: uid)]
        return place == Self.none ? nil : self[place].record
    }

    func visit(_ body: (ObjectUID, Record) -> Void) {
        for chunk in chunks {
            for entry in chunk {
                if let record = entry.record { body(entry.uid, record) }
            }
        }
    }

    /// Whether the object is there at this version; if so, it counts as part of the current whole state.
    mutating func confirm(_ uid: ObjectUID, version: UInt64) -> Bool {
        let place = index[slot(of: uid)]
        guard place != Self.none, version != 0, self[place].version == version else { return false }
        self[place].generation = generation
        return true
    }

    /// Keeps `record`, and returns the one it replaces.
    mutating func store(_ uid: ObjectUID, version: UInt64, _ record: Record) -> Record? {
        if (count + 1) * 4 > index.count * 3 { growIndex() }
        let slot = slot(of: uid)
        let place = index[slot]
        guard place == Self.none else {
            let old = self[place].record
            self[place].record = record
            self[place].version = version
            self[place].generation = generation
            return old
        }
        index[slot] = insert(Entry(uid: uid, version: version, generation: generation, record: record))
        count += 1
        return nil
    }

    mutating func remove(_ uid: ObjectUID) -> Record? {
        let slot = slot(of: uid)
        let place = index[slot]
        guard place != Self.none else { return nil }
        let old = self[place].record
        self[place].record = nil
        free.append(place)
        closeGap(at: slot)
        count -= 1
        return old
    }

    /// A whole state begins. Where one after another breaks off, each brings what is new and none takes away what is gone:
    /// beyond a bound, what the last one has not brought is removed, and returned.
    mutating func beginReplacing() -> [(ObjectUID, Record)] {
        defer { generation &+= 1 }
        let brought = chunks.reduce(0) { sum, chunk in
            sum + chunk.count { $0.generation == generation && $0.record != nil }
        }
        largestState = brought == count ? brought : max(largestState, brought)
        return count > 2 * largestState + Self.slack ? endReplacing() : []
    }

    private static var slack: Int { 1024 }

    /// Removes and returns what was neither stored nor confirmed since `beginReplacing`.
    mutating func endReplacing() -> [(ObjectUID, Record)] {
        var gone: [(ObjectUID, Record)] = []
        for chunk in chunks {
            for entry in chunk where entry.generation != generation {
                if let record = entry.record { gone.append((entry.uid, record)) }
            }
        }
        for (uid, _) in gone { _ = remove(uid) }
        return gone
    }

    private mutating func insert(_ entry: Entry) -> UInt32 {
        if let place = free.popLast() {
            self[place] = entry
            return place
        }
        if chunks.last.map({ $0.count == Self.chunkSize }) ?? true {
            chunks.append([])
            chunks[chunks.count - 1].reserveCapacity(Self.chunkSize)
        }
        let last = chunks.count - 1
        chunks[last].append(entry)
        return UInt32(last * Self.chunkSize + chunks[last].count - 1)
    }

    /// Where in the index `uid` stands, or would.
    private func slot(of uid: ObjectUID) -> Int {
        let mask = index.count - 1
        var slot = uid.bits & mask
        while index[slot] != Self.none, self[index[slot]].uid != uid { slot = (slot + 1) & mask }
        return slot
    }

    /// Moves back what was pushed beyond `slot`, so that a search never stops short of it.
    private mutating func closeGap(at slot: Int) {
        let mask = index.count - 1
        var gap = slot
        var next = (slot + 1) & mask
        while index[next] != Self.none {
            let home = self[index[next]].uid.bits & mask
            if (next - home) & mask >= (next - gap) & mask {
                index[gap] = index[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        index[gap] = Self.none
    }

    private mutating func growIndex() {
        let places = index.filter { $0 != Self.none }
        index = Array(repeating: Self.none, count: index.count * 2)
        for place in places { index[slot(of: self[place].uid)] = place }
    }
}
