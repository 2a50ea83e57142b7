import Basics
import TestSupport
import Testing

@Suite struct HashIndexTests {
    /// Through everything that may be done with either; with hashes that all begin at one place, too.
    @Test(arguments: [1 as UInt64, 64, 1 << 33])
    func `it keeps what a dictionary keeps`(step: UInt64) {
        var random = SeededGenerator(seed: step)
        var (index, dictionary) = (HashIndex(), [UInt64: Int]())
        for _ in 0..<20_000 {
            let hash = UInt64.random(in: 1..<3_000, using: &random) &* step
            let number: Int? = Bool.random(using: &random) ? Int.random(in: 0..<4_294_967_295, using: &random) : nil
            index[hash] = number
            dictionary[hash] = number
            #expect(index[hash] == number && index.count == dictionary.count)
        }
        for hash in 1..<3_000 as Range<UInt64> {
            #expect(index[hash &* step] == dictionary[hash &* step])
        }
        #expect(index.all.sorted() == dictionary.values.sorted())
    }

    @Test func `what is no number of it is none`() {
        var index = HashIndex()
        #expect(index[7] == nil)
        for number in [-1, 4_294_967_295, 1 << 40] {
            index[7] = 1
            index[7] = number
            #expect(index[7] == nil && index.count == 0)
        }
        #expect(index.all.isEmpty)
    }
}
