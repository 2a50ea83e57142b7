/// Keys with the moments at which they are due; each key once, at the earliest moment it was given. A binary heap.
struct DelayedKeys<Key: Hashable & Sendable>: Sendable {
    private struct Entry: Sendable {
        var key: Key
        var due: Duration
        /// Among those due at the same moment the one that came first goes first.
        var number: Int
    }

    private var heap: [Entry] = []
    private var due: [Key: Duration] = [:]
    private var count = 0

    /// The earliest moment at which a key is due.
    var nextDue: Duration? { heap.first?.due }

    mutating func insert(_ key: Key, due moment: Duration) {
        if let present = due[key], present <= moment { return }
        due[key] = moment
        count += 1
        heap.append(Entry(key: key, due: moment, number: count))
        rise(heap.count - 1)
    }

    /// Removes and returns a key that is due.
    mutating func popDue(at now: Duration) -> Key? {
        while let first = heap.first, first.due <= now {
            heap.swapAt(0, heap.count - 1)
            heap.removeLast()
            sink(0)
            // An entry whose key was given an earlier moment since has been overtaken by that one.
            guard due[first.key] == first.due else { continue }
            due[first.key] = nil
            return first.key
        }
        return nil
    }

    private func isBefore(_ one: Int, _ other: Int) -> Bool {
        (heap[one].due, heap[one].number) < (heap[other].due, heap[other].number)
    }

    private mutating func rise(_ start: Int) {
        var index = start
        while index > 0, isBefore(index, (index - 1) / 2) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func sink(_ start: Int) {
        var index = start
        while true {
            let least = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
                .reduce(index) { isBefore($1, $0) ? $1 : $0 }
            guard least != index else { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
