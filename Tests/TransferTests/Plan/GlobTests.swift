import Testing

@testable import Transfer

@Suite struct GlobTests {
    @Test(arguments: [
        ("*", "a", true), ("*", "", true), ("*", "a/b", false), ("**", "a/b/c", true), ("a/**", "a/b/c", true),
        ("a/**", "b", false), ("a/**/c", "a/c", true), ("a/**/c", "a/b/b/c", true), ("a/**/c", "a/b/cc", false),
        ("**/*.csv", "x.csv", true), ("**/*.csv", "a/b/x.csv", true), ("?", "é", true), ("?", "", false),
        ("[a-c]x", "bx", true), ("[!a-c]x", "bx", false), ("[]]", "]", true), ("a[-x]", "a-", true),
        ("{a,b/c}.txt", "b/c.txt", true), ("{a,b{1,2}}", "b2", true), ("{a,b}", "c", false),
        ("\\*", "*", true), ("\\*", "x", false), ("a*b*c", "aXbYbZc", true), ("a*b*c", "aXbYbZ", false),
        ("part-*.parquet", "part-007.parquet", true), ("a**b", "aXb", true), ("a**b", "a/b", false),
    ])
    func `names match as the table says`(pattern: String, name: String, matches: Bool) throws {
        #expect(try Glob(pattern).matches(name) == matches)
    }

    @Test(arguments: [
        ("a/b*", "a/b", "a/"), ("a/b.txt", "a/b.txt", "a/"), ("{a/x,a/y}", "a/", "a/"), ("**", "", ""),
        ("a/**/c", "a/", "a/"), ("x\\*y/*", "x*y/", "x*y/"),
    ])
    func `the fixed part is what a store is asked for`(pattern: String, prefix: String, folder: String) throws {
        let glob = try Glob(pattern)
        #expect(glob.fixedPrefix == prefix)
        #expect(glob.fixedFolder == folder)
    }

    @Test(arguments: ["{a", "[a", "{a,{b}", "[z-a]", String(repeating: "{a,b}", count: 11)])
    func `an unreadable pattern is a configuration error`(pattern: String) {
        #expect(throws: TransferError.self) { try Glob(pattern) }
    }

    @Test func `a hostile pattern takes no hostile time`() throws {
        let glob = try Glob(String(repeating: "*a", count: 60) + "b")
        #expect(!glob.matches(String(repeating: "a", count: 5_000)))
    }
}
