import Testing
import YAMLTree

@Suite struct YAMLLimitsTests {
    @Test func `a billion laughs end early`() {
        var text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n"
        for level in 1...12 {
            let references = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(references)]\n"
        }
        #expect(performing: { try YAMLNode(parsing: text) }, throws: { "\($0)".contains("more than 1000000 values") })
    }

    @Test func `merging one mapping again and again counts each time`() {
        var text = "base: &base {\((0..<1000).map { "k\($0): v" }.joined(separator: ", "))}\n"
        text += (0..<2000).map { "m\($0): {<<: *base}\n" }.joined()
        #expect(performing: { try YAMLNode(parsing: text) }, throws: { "\($0)".contains("more than 1000000 values") })
    }

    @Test(arguments: ["[", "{\"a\":", "- ", "{a: "])
    func `deep nesting is refused, in linear time`(opening: String) {
        let text = String(repeating: opening, count: 100_000)
        #expect(performing: { try YAMLNode(parsing: text) }, throws: { "\($0)".contains("nested more than 64 deep") })
    }

    @Test func `a text beyond the limit is not read`() {
        let bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 100 << 20)
        #expect(performing: { try YAMLNode(parsing: bytes) }, throws: { "\($0)".contains("at most 16777216") })
    }

    @Test func `aliases within the limits are no trouble`() throws {
        let text = "a: &a [1, 2, 3]\nb: [\(Array(repeating: "*a", count: 10_000).joined(separator: ", "))]"
        #expect(try YAMLNode(parsing: text)["b"]?.sequence?.count == 10_000)
    }
}
