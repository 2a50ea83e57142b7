import Foundation
import TestSupport
import Testing
import YAMLTree

@testable import Conversion

/// Every manifest of `Tests/Fixtures/render` with its expected output and diagnostics beside it, in `golden/`.
/// `KPIPE_UPDATE_GOLDENS=1 swift test --filter GoldenTests` writes them anew; read the difference before committing it.
@Suite struct GoldenTests {
    static let folder = Repository.path("Tests/Fixtures/render")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }.sorted()

    static func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
    }

    /// What a manifest asks to be converted with: `# convert: detect sidecar=NAME primary=NAME path=PATH` in its first line.
    static func converter(_ text: [UInt8], _ direction: ConversionOptions.Direction = .toNative) -> StreamConverter {
        var options = ConversionOptions()
        options.direction = direction
        let line = String(decoding: text.prefix { $0 != 0x0A }, as: UTF8.self)
        for word in line.split(separator: " ").dropFirst(2) where line.hasPrefix("# convert: ") {
            let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
            switch (parts[0], parts.count > 1 ? parts[1] : "") {
            case ("detect", _): options.detectsKnown = direction == .toNative
            case ("sidecar", let name) where direction == .toNative: options.sidecars.insert(name)
            case ("primary", let name) where direction == .toNative: options.primary = name
            case ("path", let path): options.podSpecPaths.append(path)
            default: break
            }
        }
        return StreamConverter(options)
    }

    @Test func thereIsACorpus() { #expect(Self.names.count >= 60) }

    /// Manifests that a server would refuse, each for what it shows.
    private static let invalid: Set = ["refused-duplicate.yaml", "refused-shape.yaml", "refused-shared.yaml"]

    @Test(.requires(.python)) func whatIsRenderedIsValid() async throws {
        let valid = Self.names.filter { !Self.invalid.contains($0) }
        let rendered = ["steps", "hkube", "flyte"].flatMap { folder in
            let path = Repository.path("Tests/Fixtures/\(folder)/golden")
            return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).map { "\(path)/\($0)" }
        }
        let files = valid.flatMap { ["\(Self.folder)/\($0)", "\(Self.folder)/golden/\($0)"] } + rendered
        let script = "\(Self.folder)/check-schemas.py"
        let said = try await output(
            Tool.python.path ?? "python3", [script, Repository.path("Tests/Fixtures/recordings")] + files,
            limit: .seconds(120))
        #expect(said.hasPrefix("ok: "), "\(said)")
    }

    @Test(arguments: names) func convertsAsExpected(_ name: String) throws {
        let bytes = try Self.bytes(name)
        let conversion = try Self.converter(bytes).convert(bytes)
        let said = conversion.diagnostics.map { $0.text(file: name) + "\n" }.joined()
        if ProcessInfo.processInfo.environment["KPIPE_UPDATE_GOLDENS"] != nil {
            try Data(conversion.output).write(to: URL(filePath: "\(Self.folder)/golden/\(name)"))
            try Data(said.utf8).write(to: URL(filePath: "\(Self.folder)/golden/\(name).txt"))
        }
        #expect(try conversion.output == Self.bytes("golden/\(name)"))
        #expect(said == String(decoding: try Self.bytes("golden/\(name).txt"), as: UTF8.self))
        #expect((name.hasPrefix("refused-") || name.hasPrefix("unchanged-")) != conversion.isChanged)
    }

    /// Those that no manifest leads to on the way there have tests of their own; KS008 says that we are wrong.
    @Test func everyRuleIsMetByAManifest() throws {
        let elsewhere = Set(
            ["KS008", "KS011", "KS120", "KS122", "KS123", "KS135", "KS136", "KS137", "KS138", "KS139"]
                + RuleReference.rules.map(\.id).filter { $0 > "KS200" })
        var met: Set<String> = []
        for name in Self.names {
            let bytes = try Self.bytes(name)
            let conversion = try Self.converter(bytes).convert(bytes)
            met.formUnion(conversion.diagnostics.map(\.rule.id))
        }
        #expect(met.isDisjoint(with: elsewhere))
        #expect(met.union(elsewhere) == Set(RuleReference.rules.map(\.id)))
    }

    @Test(arguments: names) func convertingTwiceChangesNothing(_ name: String) throws {
        let bytes = try Self.bytes(name)
        let once = try Self.converter(bytes).convert(bytes)
        let twice = try Self.converter(bytes).convert(once.output)
        #expect(!twice.isChanged)
        #expect(twice.output == once.output)
    }

    /// The way back would put an alias before its anchor.
    private static let oneWay: Set = ["shared-anchors.yaml"]

    /// There and back and there again is there: a container that moved back is marked where its pod is to end, and named
    /// here where it is not. What the first way dropped stays dropped, what it added is there already.
    @Test(arguments: names) func theWayBackLeadsThereAgain(_ name: String) throws {
        let bytes = try Self.bytes(name)
        let there = try Self.converter(bytes).convert(bytes)
        let back = try Self.converter(bytes, .toOrdinary).convert(there.output)
        guard !Self.oneWay.contains(name) else {
            #expect(back.output == there.output)
            #expect(back.diagnostics.map(\.rule.id) == ["KS005"])
            return
        }
        #expect(back.isChanged == there.isChanged)
        #expect(!there.isChanged || !back.diagnostics.contains { $0.rule.severity == .error })
        let nothing = try Self.converter(bytes, .toOrdinary).convert(back.output)
        #expect(!nothing.isChanged)
        // A stream of several pods has several containers of one name, and a Flyte pod says who is main anyway.
        guard there.isChanged else { return }
        let moved = Set(back.diagnostics.filter { $0.rule.id == "KS122" }.map { $0.message.prefix { $0 != " " } })
        var options = ConversionOptions()
        options.sidecars = Set(moved.map(String.init))
        options.podSpecPaths = Self.paths(bytes)
        let again = try StreamConverter(options).convert(back.output)
        #expect(try containers(again.output) == containers(there.output))
    }

    private static func paths(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self).split(separator: " ")
            .filter { $0.hasPrefix("path=") }.map { String($0.dropFirst(5)) }
    }

    /// Every mapping with `containers`, whatever the order of its lists' elements.
    private func containers(_ text: [UInt8]) throws -> [YAMLNode] {
        var found: [YAMLNode] = []
        func look(_ node: YAMLNode) {
            if node["containers"]?.sequence != nil { found.append(node) }
            for pair in node.mapping?.pairs ?? [] { look(pair.value) }
            for element in node.sequence ?? [] { look(element) }
        }
        for document in try YAMLNode.documents(in: text) { look(document) }
        return found.map { node in
            var sorted = YAMLMapping()
            for name in ["containers", "initContainers"] {
                let elements = (node[name]?.sequence ?? []).sorted { $0["name"]?.text ?? "" < $1["name"]?.text ?? "" }
                sorted.set(name, to: YAMLNode(.sequence(elements)))
            }
            return YAMLNode(.mapping(sorted))
        }
    }
}
