import Testing

@testable import Transfer

@Suite struct PlanTests {
    private static let inputs: [(String, String, String, String?)] = [
        ("a/b.txt", "", "a/b.txt", "b.txt"), ("a/b.txt", "x/", "a/b.txt", "x/b.txt"), ("a/b.txt", "x", "a/b.txt", "x"),
        ("a/", "x", "a/c/d.txt", "x/c/d.txt"), ("a/", "x/", "a/c/d.txt", "x/c/d.txt"), ("a/", "", "a/d", "d"),
        ("a/c*/*.txt", "x", "a/c1/d.txt", "x/c1/d.txt"), ("a/c*/*.txt", "x", "a/c1/d.csv", nil),
        ("", "x", "a", "x/a"), ("p/**", "", "p/q/r", "q/r"),
    ]

    @Test(arguments: inputs)
    func `inputs land where the table says`(key: String, to: String, object: String, path: String?) throws {
        #expect(try InputPlan(key: key, to: to, lists: true).destination(of: object) == path)
    }

    @Test(arguments: [
        ("d/a#b.txt", false, "a#b.txt"), ("d/a?b.txt", false, "a?b.txt"), ("d/a%20b.txt", false, "a%20b.txt"),
        ("/d/a%20b.txt?sig=x/y", true, "a b.txt"), ("/d/a%2Fb", true, "a%2Fb"), ("/d/a%00", true, "a%00"),
        ("/d/a%FF", true, "a%FF"),
    ])
    func `a key is no URL, and a URL's name is decoded`(key: String, isURL: Bool, name: String) throws {
        let plan = try InputPlan(
            key: key.replacing("?", with: isURL ? "?" : "\\?"), to: "", lists: !isURL, keysAreURLs: isURL)
        #expect(plan.source == .object(key))
        #expect(plan.destination(of: key) == name)
    }

    @Test func `what no output means is nobody's business`() throws {
        let place = try MemoryResolver(store: MemoryStore()).resolve("mem://bucket/all/", StoreSettings())
        var output = OutputRequest(from: "*.csv", to: "mem://bucket/all/")
        output.optional = false
        let keys = try OutputPlan(from: output.from, key: "all/")
        var plan = StorePlan([StorePlan.Target(output: output, place: place, plan: keys)])
        #expect(plan.means("a.csv") && !plan.means("a.txt"))
        #expect(!plan.finds("a.txt") && plan.missing == ["*.csv"])
        #expect(plan.finds("a.csv") && plan.missing == [])
    }

    @Test(arguments: ["r/", "r/**"])
    func `a file in the place of a folder is not stored as that folder's marker`(from: String) throws {
        let place = try MemoryResolver(store: MemoryStore()).resolve("mem://bucket/all/", StoreSettings())
        var plan = StorePlan([
            StorePlan.Target(
                output: OutputRequest(from: from, to: "mem://bucket/all/", optional: true), place: place,
                plan: try OutputPlan(from: from, key: "all/"))
        ])
        #expect(
            plan.add("r").map(\.description) == [
                "r: is a file, not the folder that '\(from)' means (write 'r' where the file is meant)"
            ])
        #expect(plan.count == 0 && plan.missing == [])
        #expect(plan.add("r/a").isEmpty && plan.count == 1)
    }

    @Test func `a store that does not list takes keys as they are`() throws {
        let plan = try InputPlan(key: "/a[1]*.txt?sig=x", to: "in/", lists: false, keysAreURLs: true)
        #expect(plan.source == .object("/a[1]*.txt?sig=x"))
        #expect(plan.destination(of: "/a[1]*.txt?sig=x") == "in/a[1]*.txt")
    }

    private static let outputs: [(String, String, String, String?)] = [
        ("**", "o/", "a/b", "o/a/b"), ("r/*.csv", "o/", "r/a.csv", "o/a.csv"), ("r/*.csv", "o", "r/a.csv", "o/a.csv"),
        ("r/a.csv", "o/", "r/a.csv", "o/a.csv"), ("r/a.csv", "o/x", "r/a.csv", "o/x"), ("r/", "", "r/a/b", "a/b"),
        ("r/*.csv", "o/", "r/a.txt", nil),
    ]

    @Test func `behind a query stands no name`() throws {
        for (from, key) in [("a/", "d/?sig=x"), ("a/*", "d?sig=x"), ("**", "d?sig=/")] {
            #expect(throws: TransferError.self) { try OutputPlan(from: from, key: key, keysAreURLs: true) }
            #expect(try OutputPlan(from: from, key: key).key(of: "a/b") != nil)
        }
        let signed = try OutputPlan(from: "a/b", key: "d/x?sig=y/", keysAreURLs: true)
        #expect(signed.key(of: "a/b") == "d/x?sig=y/")
    }

    @Test(arguments: outputs)
    func `outputs land where the table says`(from: String, target: String, path: String, key: String?) throws {
        #expect(try OutputPlan(from: from, key: target).key(of: path) == key)
    }

    private static let mebibyte: Int64 = 1 << 20
    private static let ranges: [(Int64, Int64?, Int64?, Int, Int64)] = [
        (0, nil, nil, 0, 8 * mebibyte), (8 * mebibyte, nil, nil, 1, 8 * mebibyte),
        (8 * mebibyte + 1, nil, nil, 2, 8 * mebibyte), (100 * mebibyte, 5 * mebibyte, nil, 10, 10 * mebibyte),
        (100 * mebibyte, 64 * mebibyte, nil, 7, 16 * mebibyte), (100 * mebibyte, 100_000_001, nil, 13, 8 * mebibyte),
        (2048 * mebibyte, nil, nil, 64, 32 * mebibyte), (2048 * mebibyte, 8 * mebibyte, nil, 64, 32 * mebibyte),
        (1 << 40, nil, nil, 16384, 64 * mebibyte), (10, nil, 3, 4, 3),
        (64 * (8 * mebibyte + 1), nil, nil, 57, 9 * mebibyte),
    ]

    @Test("what no object can have was never said", arguments: [Int64.min, -1, 1 << 60, (1 << 60) + 1, .max])
    func sizes(size: Int64) {
        #expect(ObjectInfo(key: "k", size: size).size == (size == 1 << 60 ? size : nil))
        #expect(RangePlan(size: .max, storedPart: nil, partSize: nil).count > 0)
        var budget = ArchiveBudget(ArchiveLimits(), size: nil, object: "o")
        #expect(throws: TransferError.self) {
            try budget.add(1)
            try budget.add(.max)
        }
    }

    @Test(arguments: ranges)
    func `ranges begin where stored parts begin`(size: Int64, stored: Int64?, asked: Int64?, count: Int, part: Int64) {
        let plan = RangePlan(size: size, storedPart: stored, partSize: asked)
        #expect(plan.count == count)
        #expect(plan.part == part)
        #expect((0..<plan.count).reduce(0) { $0 + plan[$1].upperBound - plan[$1].lowerBound } == size)
    }

    private static let parts: [(Int64, Int64?, Int?)] = [
        (16 * mebibyte, nil, nil), (16 * mebibyte + 1, nil, 3), (200 * 1024 * mebibyte, nil, 9753),
        (5 * 1024 * 1024 * mebibyte, nil, 9987), (100 * mebibyte, 10 * mebibyte, 10),
    ]

    @Test(arguments: parts)
    func `no file needs more parts than a store allows`(size: Int64, asked: Int64?, count: Int?) {
        let limits = MultipartLimits(minimumPart: 5 << 20, maximumPart: 5 << 30, maximumParts: 10_000)
        let plan = PartPlan(size: size, limits: limits, partSize: asked)
        #expect(plan?.count == count)
        if let plan { #expect(plan[plan.count - 1].upperBound == size) }
    }

    private static let copies: [([String], String, CopyPlan)] = [
        (["s3://b/a/x"], "out", CopyPlan.fetch([InputRequest(from: "s3://b/a/x", to: "out")], folder: ".")),
        (["s3://b/a/x"], "dir", .fetch([InputRequest(from: "s3://b/a/x", to: "")], folder: "dir")),
        (["s3://b/a/x"], "new/", .fetch([InputRequest(from: "s3://b/a/x", to: "")], folder: "new/")),
        (["s3://b/a/x"], "/x", .fetch([InputRequest(from: "s3://b/a/x", to: "x")], folder: "/")),
        (["s3://b/a/*"], "new", .fetch([InputRequest(from: "s3://b/a/*", to: "")], folder: "new")),
        (
            ["a/b.txt"], "s3://b/c",
            .store([.init(folder: "a/", output: OutputRequest(from: "b.txt", to: "s3://b/c", optional: false))])
        ),
        (
            ["a/**"], "s3://b/",
            .store([.init(folder: "a/", output: OutputRequest(from: "**", to: "s3://b/", optional: false))])
        ),
        (
            ["dir/"], "s3://b/",
            .store([.init(folder: "dir/", output: OutputRequest(from: "", to: "s3://b/", optional: false))])
        ),
        (
            ["d/there[1].*"], "s3://b/",
            .store([.init(folder: "d/", output: OutputRequest(from: #"there\[1].\*"#, to: "s3://b/", optional: false))])
        ), (["there{1"], "new", .fetch([InputRequest(from: #"there\{1"#, to: "new")], folder: ".")),
        (["-"], "https://h/p/", .read(to: "https://h/p/")), (["https://h/p/"], "-", .print("https://h/p/")),
        (["-"], "s3://b/c", .read(to: "s3://b/c")), (["s3://b/c"], "-", .print("s3://b/c")),
        (["s3://b/"], "s3://c/d/", .relay([InputRequest(from: "s3://b/", to: "")], to: "s3://c/d/")),
    ]

    @Test(arguments: copies)
    func `copies mean what the table says`(sources: [String], destination: String, plan: CopyPlan) throws {
        let made = try CopyPlan(
            sources: sources, destination: destination, recursive: false, exists: { $0.contains("there") },
            isFolder: { $0 == "dir" })
        #expect(made == plan)
    }

    @Test(arguments: [
        (["s3://b/*"], "s3://c/d", "ends in '/'"), (["-"], "-", "one object alone"),
        (["a", "-"], "s3://c/", "one object alone"), (["dir/"], "-", "standard output takes one object"),
        (["dir"], "-", "standard output takes one object"), (["s3://b/p/"], "-", "standard output takes one object"),
        (["dir"], "new", "write dir/ or -R"), (["a", "dir"], "new/", "write dir/ or -R"),
        (["-"], "dir", "give the file a name: dir/NAME"), (["-"], "new/", "give the file a name: new/NAME"),
        (["-"], "s3://b/p/", "give the file a name: s3://b/p/NAME"),
    ])
    func `copies that cannot be meant are refused`(sources: [String], destination: String, words: String) {
        let error = #expect(throws: TransferError.self) {
            try CopyPlan(
                sources: sources, destination: destination, recursive: false, exists: { _ in false },
                isFolder: { $0.hasPrefix("dir") })
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }
}

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

@Suite struct FilterTests {
    @Test(arguments: [
        ([], [], "a/b.csv", true), (["*.csv"], [], "a/b.csv", true), (["*.csv"], [], "a/b.txt", false),
        (["*.csv", "x"], [], "a/x", true), (["a/*.csv"], [], "a/b.csv", true), (["a/*.csv"], [], "b/a/b.csv", false),
        (["a/"], [], "a/b/c", true), ([], ["*.tmp"], "a/b.tmp", false), ([], ["*.tmp"], "a.tmp/b", true),
        (["*.csv"], ["b*"], "a/b.csv", false), ([], ["**/b/**"], "a/b/c", false),
        ([], ["a/"], "a", true), ([], ["a/"], "a/b", false), ([], ["**/a/"], "b/a/c", false),
        ([], ["**/a/"], "b/a", true), ([], ["/a"], "a", false), ([], ["/a"], "b/a", true),
        ([], ["./a/*.b"], "a/c.b", false),
        ([], ["././/a/"], "a/c/d", false), (["./a"], [], "a", true),
    ])
    func `names are meant as the table says`(include: [String], exclude: [String], name: String, isMeant: Bool) throws {
        let filter = try NameFilter(include: include, exclude: exclude)
        #expect(filter.admits(name) == isMeant)
        let input = try InputPlan(key: "p/", to: "", lists: true, filter: filter)
        #expect((input.destination(of: "p/" + name) == name) == isMeant)
        let output = try OutputPlan(from: "p/", key: "k/", filter: filter)
        #expect((output.key(of: "p/" + name) == "k/" + name) == isMeant)
    }

    @Test(arguments: ["[a", "/", "./", "../a", "a/../b"])
    func `a pattern that cannot be read, or no name can match, is named`(pattern: String) {
        #expect(NameFilter.problem(of: pattern)?.hasPrefix("the pattern cannot be read: ") == true)
    }

    @Test func `nothing is wrong with one that can`() {
        #expect(NameFilter.problem(of: "*.csv") == nil)
    }

    private static let now = "Wed, 21 Oct 2015 07:28:00 GMT"
    private static let told = Checksum(.crc32c, [1, 2, 3, 4])

    @Test(
        arguments: [
            (5, nil, nil, ExistingFile.Direction.fetched, false), (5, told, told, .fetched, true),
            (5, told, Checksum(.crc32c, [0, 0, 0, 0]), .fetched, false), (4, told, told, .fetched, false),
            (5, nil, nil, .stored, false),
        ] as [(Int64, Checksum?, Checksum?, ExistingFile.Direction, Bool)])
    func `sizes and checksums decide`(
        size: Int64, told: Checksum?, found: Checksum?, direction: ExistingFile.Direction, isSame: Bool
    ) throws {
        let info = ObjectInfo(key: "k", size: 5, checksum: told)
        let result = try ExistingFile.isSame(size: size, modified: 0, info, direction) { _ throws(TransferError) in
            found
        }
        #expect(result == isSame)
    }

    /// 1445412480 is the object's time.
    @Test(
        arguments: [
            (1_445_412_480, ExistingFile.Direction.fetched, true), (1_445_412_481, .fetched, true),
            (1_445_412_479, .fetched, false), (1_445_412_479, .stored, true), (1_445_412_481, .stored, false),
        ] as [(Int64, ExistingFile.Direction, Bool)])
    func `else the target must not be older`(modified: Int64, direction: ExistingFile.Direction, isSame: Bool) throws {
        for time in [Self.now, "2015-10-21T07:28:00.000Z"] {
            let info = ObjectInfo(key: "k", size: 5, lastModified: time)
            let result = try ExistingFile.isSame(size: 5, modified: modified, info, direction) {
                _ throws(TransferError) in nil
            }
            #expect(result == isSame)
        }
    }
}

/// Which folders are worth a look.
@Suite struct ReachTests {
    @Test(arguments: [
        ("h.txt", "a", false), ("a/h.txt", "a", true), ("a/h.txt", "a/b", false), ("a/h.txt", "b", false),
        ("**", "a/b/c", true), ("a/**", "a/b/c", true), ("a/**", "b", false), ("*/x", "any", true),
        ("*/x", "any/more", false), ("{a,b/c}/x", "b", true), ("{a,b/c}/x", "b/c", true), ("{a,b/c}/x", "c", false),
        ("**/x/*.csv", "anything", true), ("[ab]*", "a", false), ("*", "a", false),
    ])
    func `a folder is entered where its files may be meant`(pattern: String, folder: String, isEntered: Bool) throws {
        #expect(try Glob(pattern).reaches(into: folder) == isEntered)
    }
}
