import KubeModel
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

@Suite struct ObjectTableTests {
    @Test func `Behaves as a dictionary does, through every kind of change`() {
        var random = SeededGenerator(seed: 3)
        var table = ObjectTable<Int>()
        var model: [ObjectUID: Int] = [:]
        let uids = (0..<700).map { ObjectUID("uid-\($0)") }
        for step in 1...20_000 {
            let uid = uids[Int(random.next() % UInt64(uids.count))]
            if random.next() % 3 == 0 {
                let removed = table.remove(uid)
                #expect(removed == model.removeValue(forKey: uid))
            } else {
                let replaced = table.store(uid, version: UInt64(step), step)
                #expect(replaced == model.updateValue(step, forKey: uid))
            }
            #expect(table.count == model.count)
        }
        for uid in uids { #expect(table.record(uid) == model[uid]) }
        var seen: [ObjectUID: Int] = [:]
        table.visit { seen[$0] = $1 }
        #expect(seen == model)
    }

    @Test func `What a new whole state lacks is gone`() {
        var table = Self.table(["a", "b", "c", "d"])
        _ = table.beginReplacing()
        let known = table.confirm(ObjectUID("a"), version: 1)
        #expect(known)
        let isKnownAtAnotherVersion = table.confirm(ObjectUID("b"), version: 2)
        #expect(!isKnownAtAnotherVersion)
        let replaced = table.store(ObjectUID("b"), version: 2, "new")
        #expect(replaced == "old")
        let gone = table.endReplacing().map(\.0)
        #expect(Set(gone) == [ObjectUID("c"), ObjectUID("d")])
        #expect(table.count == 2)
        let goneLater = table.endReplacing()
        #expect(goneLater.isEmpty)
    }

    @Test func `A state that was begun and given up takes nothing away`() {
        var table = Self.table(["a", "b"])
        _ = table.beginReplacing()
        _ = table.confirm(ObjectUID("a"), version: 1)
        _ = table.beginReplacing()
        _ = table.confirm(ObjectUID("b"), version: 1)
        let gone = table.endReplacing().map(\.0)
        #expect(gone == [ObjectUID("a")])
    }

    /// Jobs come and go while the list never gets to its end: each time a tenth is gone, and new ones are there instead.
    @Test func `States that break off for ever do not add up`() {
        var table = ObjectTable<Int>()
        var gone = 0
        for state in 0..<500 {
            gone += table.beginReplacing().count
            for object in 0..<2000 { _ = table.store(ObjectUID("\(state * 200 + object)"), version: 1, state) }
            #expect(table.count <= 5224 && table.count + gone == 2000 + state * 200)
        }
    }

    @Test func `An object without a version is always read`() {
        var table = Self.table([])
        _ = table.store(ObjectUID("a"), version: 0, "old")
        let isKnown = table.confirm(ObjectUID("a"), version: 0)
        #expect(!isKnown)
    }

    private static func table(_ names: [String]) -> ObjectTable<String> {
        var table = ObjectTable<String>()
        for name in names { _ = table.store(ObjectUID(name), version: 1, "old") }
        return table
    }
}
