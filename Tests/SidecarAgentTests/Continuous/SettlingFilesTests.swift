import Testing

@testable import SidecarAgent

@Suite("Which outputs are stored while main runs")
struct SettlingFilesTests {
    private static func second(_ value: Double) -> Duration { .milliseconds(Int(value * 1000)) }

    @Test("a file is due once it was quiet for a second, counted from its last change")
    func quiet() {
        var files = SettlingFiles()
        files.add("a", at: .zero)
        files.add("b", at: Self.second(0.5))
        files.add("a", at: Self.second(0.9))
        #expect(files.next == Self.second(1.5))
        #expect(files.take(at: Self.second(1.4), most: 9) == [])
        #expect(files.take(at: Self.second(1.5), most: 9) == ["b"])
        #expect(files.take(at: Self.second(5), most: 9) == ["a"])
        #expect(files.next == nil)
    }

    @Test("what has waited longest goes first, so many at once")
    func order() {
        var files = SettlingFiles()
        for (index, path) in ["c", "a", "b", "e\u{301}", "\u{e9}"].enumerated() {
            files.add(path, at: .seconds(index / 2))
        }
        #expect(files.take(at: .seconds(10), most: 3) == ["a", "c", "b"])
        #expect(files.take(at: .seconds(10), most: 3).count == 2, "two spellings are two files")
    }

    @Test("beyond the bound files are found again once there is room")
    func bound() {
        var files = SettlingFiles()
        for number in 0...SettlingFiles.limit { files.add("\(number)", at: .zero) }
        files.add("0", at: .zero)
        #expect(files.missesSome)
        var tells = files.takeMissing()
        #expect(!tells, "there is no room yet")
        #expect(files.take(at: .seconds(2), most: .max).count == SettlingFiles.limit)
        tells = files.takeMissing()
        #expect(tells)
        tells = files.takeMissing()
        #expect(!tells)
    }

    @Test("look by look all files are found, however many, and one that changes meanwhile again")
    func search() {
        var files = SettlingFiles()
        let all = (0..<(3 * SettlingFiles.limit)).map { "\($0)" }
        var taken: [String: Int] = [:]
        var now = Duration.zero
        var looks = 0
        repeat {
            looks += 1
            // Each look finds them in the same order.
            for path in all { files.add(found: path, at: now) }
            // There is no room for what changes now.
            if looks == 2 { files.add("0", at: now) }
            now += SettlingFiles.quietUnseen
            for path in files.take(at: now, most: .max) { taken[path, default: 0] += 1 }
        } while files.takeMissing() && looks < 9
        #expect(looks == 4)
        #expect(taken.count == all.count && taken.values.reduce(0, +) == all.count + 1 && taken["0"] == 2)
        files.add(found: "0", at: now)
        #expect(files.next != nil, "a search that is over begins anew")
    }
}
