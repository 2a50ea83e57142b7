/// Numbers below 2³² - 1 by the hashes of their keys, in twelve bytes a place and few places free: where there are hundreds of
/// thousands of keys, half of what a dictionary takes. Two keys of one hash are one key to it.
package struct HashIndex: Sendable {
    /// As many as `numbers`, a power of two. 0: nothing was ever put there.
    private var hashes: [UInt64] = []
    /// One more than the number; 0: taken away.
    private var numbers: [UInt32] = []
    private var used = 0
    package private(set) var count = 0

    package init() {}

    /// In no order.
    package var all: [Int] { numbers.compactMap { $0 == 0 ? nil : Int($0) - 1 } }

    package subscript(hash: UInt64) -> Int? {
        get {
            guard count > 0 else { return nil }
            let number = numbers[place(of: hash)]
            return number == 0 ? nil : Int(number) - 1
        }
        set {
            // One in eight is free, so that a search comes to its end soon.
            if used >= hashes.count / 8 * 7 { grow() }
            let place = place(of: hash)
            let number = newValue.flatMap { UInt32(exactly: $0 + 1) } ?? 0
            count += (number == 0 ? 0 : 1) - (numbers[place] == 0 ? 0 : 1)
            if hashes[place] == 0 {
                guard number != 0 else { return }
                hashes[place] = max(hash, 1)
                used += 1
            }
            numbers[place] = number
        }
    }

    /// Where the hash stands, or the free place that it would get.
    private func place(of hash: UInt64) -> Int {
        let hash = max(hash, 1)
        var place = Int(truncatingIfNeeded: hash) & (hashes.count - 1)
        while hashes[place] != 0, hashes[place] != hash { place = (place + 1) & (hashes.count - 1) }
        return place
    }

    private mutating func grow() {
        var larger = HashIndex()
        let size = max(16, hashes.count * 2)
        (larger.hashes, larger.numbers) = (Array(repeating: 0, count: size), Array(repeating: 0, count: size))
        for (hash, number) in zip(hashes, numbers) where number != 0 { larger[hash] = Int(number) - 1 }
        self = larger
    }
}
