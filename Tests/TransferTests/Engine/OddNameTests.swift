import Foundation
import Glibc
import TestSupport
import Testing

@testable import Transfer

/// Names that people, programs and other systems give, through every store and back, byte for byte.
@Suite struct OddNameTests {
    static let names = [
        " ", " lead", "trail ", "a b", "tab\there", "new\nline", "cr\rx", "crlf\r\nx", "#", "a#b", "?", "a?b",
        "a?versionId=1",
        "%", "100%", "a%20b", "%2F", "%2e%2e", "%zz", "+", "a+b", "a&b=c", "a;b", "a:b", "a:", "a@b", "a\\b", "\\",
        "'",
        "\"x\"", "<x>", "&amp;", "*", "a*b", "a?*", "[x]", "{a,b}", "!x", "$x", "`x`", "~", "~x", "^", "|", "-", "-rf",
        "--help", ".hidden", "..x", "...", "a.", "a..", ".trail. ", "x.h", "X.H", "\u{e9}", "e\u{301}", "\u{df}", "SS",
        "\u{212b}", "\u{c5}", "日本語", "🧪", "👩‍👩‍👧", "\u{202e}rtl", "\u{feff}bom", "\u{2028}", "\u{85}", "\u{7f}", "\u{1}",
        "\u{fffd}", "\u{10ffff}", "con", "nul", "index.html", ".kpipe", "kpipe", String(repeating: "n", count: 255),
        String(repeating: "ü", count: 127) + "n", String(repeating: "🧪", count: 63) + "abc",
    ]

    /// Below a folder that is as odd as they are, so that each is a folder's name too.
    private static var paths: [String] {
        names.enumerated().map { index, name in index % 2 == 0 ? "f/\(name)" : "g/\(name)/\(name)" }
    }

    /// SeaweedFS makes a folder of a backslash, and moto finds no key with a line's end in it: theirs alone.
    private static func paths(at kind: ServedStore.Kind) -> [String] {
        let unknown: Unicode.Scalar? = kind == .s3 ? "\\" : kind == .moto ? "\n" : nil
        return paths.filter { path in !path.unicodeScalars.contains { $0 == unknown } }
    }

    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("odd") }

    private static func content(_ path: String) -> [UInt8] { Array("of \(path)".utf8) }

    private func write(_ paths: [String]) throws {
        for path in paths { try folder.write(Self.content(path), to: "out/\(path)") }
    }

    /// A name as it stands, for a grammar that knows wildcards.
    private static func literal(_ path: String) -> String {
        String(
            path.unicodeScalars.flatMap { "*?[]{}\\".unicodeScalars.contains($0) ? ["\\", $0] : [$0] }.map {
                Character($0)
            })
    }

    private struct Stage {
        let store: ServedStore
        let server: ScriptedHTTPServer
        let engine: TransferEngine

        init(_ kind: ServedStore.Kind) async throws {
            let store = try await ServedStore(kind)
            self.store = store
            server = try ScriptedHTTPServer { store.answer($0).steps }
            let registry = StoreRegistry(StoreConfiguration(environment: store.environment(at: server.url)))
            var configuration = TransferConfiguration(retry: quickRetries)
            configuration.failuresBeforeStop = .max
            engine = TransferEngine(stores: registry, configuration: configuration)
        }

        /// For a single object, as a person writes it.
        func url(_ key: String) -> String {
            store.kind.lists ? store.base(at: server.url) + OddNameTests.literal(key) : store.url(key, at: server.url)
        }
        func prefix(_ key: String) -> String { store.url(key, at: server.url) }
    }

    private func expectAll(in place: String, of kind: ServedStore.Kind) {
        for path in Self.paths(at: kind) {
            #expect((try? folder.read("\(place)/\(path)")) == Self.content(path), "\(kind): \(path.debugDescription)")
        }
    }

    @Test(arguments: ServedStore.Kind.allCases.filter(\.isHere))
    func `a folder goes out and comes back`(kind: ServedStore.Kind) async throws {
        try write(Self.paths(at: kind))
        let stage = try await Stage(kind)
        defer { stage.server.stop() }
        let up = await stage.engine.store([OutputRequest(from: "**", to: stage.prefix("all/"))], from: folder["out"])
        #expect(up.failures == [], "\(kind)")
        for path in Self.paths(at: kind) {
            #expect(
                try await stage.store.bytes("all/\(path)") == Self.content(path), "\(kind): \(path.debugDescription)")
        }
        let inputs =
            kind.lists
            ? [InputRequest(from: stage.prefix("all/"), to: "")]
            : Self.paths(at: kind).map { InputRequest(from: stage.url("all/\($0)"), to: $0) }
        let down = await stage.engine.fetch(inputs, into: folder["in"])
        #expect(down.failures == [], "\(kind)")
        expectAll(in: "in", of: kind)
    }

    @Test(arguments: ServedStore.Kind.allCases.filter(\.isHere))
    func `each goes alone, under its name and by its name`(kind: ServedStore.Kind) async throws {
        // Of S3's keys alone one that ends so is a version of another.
        let paths = Self.paths(at: kind).filter { ![.s3, .moto].contains(kind) || !$0.contains("?versionId=") }
        try write(paths)
        let stage = try await Stage(kind)
        defer { stage.server.stop() }
        let up = await stage.engine.store(
            paths.map { OutputRequest(from: Self.literal($0), to: stage.prefix("one/\($0)")) }, from: folder["out"]
        )
        #expect(up.failures == [], "\(kind)")
        // Into a folder for each, whose name is the object's own.
        let down = await stage.engine.fetch(
            paths.enumerated().map { InputRequest(from: stage.url("one/\($1)"), to: "\($0)/") }, into: folder["in"]
        )
        #expect(down.failures == [], "\(kind)")
        for (index, path) in paths.enumerated() {
            let name = String(path[path.utf8.index(after: path.utf8.lastIndex(of: UInt8(ascii: "/"))!)...])
            #expect(
                (try? folder.read("in/\(index)/\(name)")) == Self.content(path), "\(kind): \(path.debugDescription)")
        }
    }

    @Test(arguments: ServedStore.Kind.allCases.filter(\.isHere))
    func `a name that is no text is refused alone, by name`(kind: ServedStore.Kind) async throws {
        let stage = try await Stage(kind)
        defer { stage.server.stop() }
        try folder.write("x", to: "out/good")
        for bytes: [UInt8] in [[0x66, 0xff], [0xc3], [0xed, 0xa0, 0x80]] {
            let descriptor = ((folder["out"] + "/").utf8 + bytes + [0]).withUnsafeBufferPointer {
                $0.withMemoryRebound(to: CChar.self) { open($0.baseAddress!, O_CREAT | O_WRONLY, 0o600) }
            }
            #expect(descriptor >= 0)
            close(descriptor)
        }
        let up = await stage.engine.store([OutputRequest(from: "**", to: stage.prefix("b/"))], from: folder["out"])
        #expect(up.failures.count == 3 && up.failures.allSatisfy { $0.message.contains("not UTF-8") }, "\(up.failures)")
        #expect(try await stage.store.bytes("b/good") == [0x78])
    }

    @Test(arguments: PackFormat.allCases.filter { $0 != .none })
    func `a folder goes through an archive and comes back`(format: PackFormat) async throws {
        try write(Self.paths)
        let stage = try await Stage(.web)
        defer { stage.server.stop() }
        var output = OutputRequest(from: "**", to: stage.prefix("archive"))
        output.pack = format
        #expect(await stage.engine.store([output], from: folder["out"]).failures == [])
        let down = await stage.engine.fetch(
            [InputRequest(from: stage.prefix("archive"), to: "all", unpack: .auto)], into: folder["in"])
        #expect(down.failures == [])
        expectAll(in: "in/all", of: .web)
    }

    /// What a store keeps and no file can be called, with the file that it becomes by rule.
    private static let nameless = [
        ("a//b", "a/%2F/b"), ("a/../up", "a/%2E./up"), ("./here", "%2E/here"), ("a/./b", "a/%2E/b"),
        ("/lead", "%2F/lead"),
        ("folder/", "folder/%2F"), ("..", "%2E."), (".kpipe/x", "%2Ekpipe/x"),
    ]

    @Test(arguments: [ServedStore.Kind.moto, .google, .azure].filter(\.isHere), BadNames.allCases)
    func `what no file can be called hinders nothing else`(kind: ServedStore.Kind, rule: BadNames) async throws {
        let stage = try await Stage(kind)
        defer { stage.server.stop() }
        for key in Self.nameless.map(\.0) + ["good"] { try await stage.store.put(Self.content(key), "p/\(key)") }
        var input = InputRequest(from: stage.prefix("p/"), to: "")
        input.badNames = rule
        let down = await stage.engine.fetch([input], into: folder["in"])
        #expect(try folder.read("in/good") == Self.content("good"), "\(kind)")
        #expect(down.failures.count == (rule == .fail ? Self.nameless.count : 0), "\(kind): \(down.failures)")
        for (key, name) in Self.nameless {
            let found = try? folder.read("in/\(name)")
            #expect(found == (rule == .rename ? Self.content(key) : nil), "\(kind): \(key)")
        }
        // Alone each can be fetched, under a name of one's own.
        let alone = await stage.engine.fetch(
            Self.nameless.filter { !$0.0.hasSuffix("/") }.enumerated().map {
                InputRequest(from: stage.url("p/\($1.0)"), to: "own-\($0)")
            }, into: folder["alone"])
        #expect(alone.failures == [], "\(kind)")
        for (index, (key, _)) in Self.nameless.filter({ !$0.0.hasSuffix("/") }).enumerated() {
            #expect((try? folder.read("alone/own-\(index)")) == Self.content(key), "\(kind): \(key)")
        }
    }
}
