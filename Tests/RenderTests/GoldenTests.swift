import Foundation
import Render
import TestSupport
import Testing

/// Every manifest of `Tests/Fixtures/render` with its expected output and diagnostics beside it, in `golden/`.
/// `KPIPE_UPDATE_GOLDENS=1 swift test --filter GoldenTests` writes them anew; read the difference before committing it.
@Suite struct GoldenTests {
    static let folder = Repository.path("Tests/Fixtures/render")
    static let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") || $0.hasSuffix(".json") }.sorted()

    static func bytes(_ name: String) throws -> [UInt8] {
        try [UInt8](Data(contentsOf: URL(filePath: "\(folder)/\(name)")))
    }

    @Test func thereIsACorpus() { #expect(Self.names.count >= 20) }

    @Test(arguments: names) func convertsAsExpected(_ name: String) throws {
        let conversion = try StreamConverter(ConversionOptions()).convert(try Self.bytes(name))
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
            ["KS008", "KS120", "KS121", "KS122", "KS123"] + RuleReference.rules.map(\.id).filter { $0 > "KS200" })
        var met: Set<String> = []
        for name in Self.names {
            let conversion = try StreamConverter(ConversionOptions()).convert(try Self.bytes(name))
            met.formUnion(conversion.diagnostics.map(\.rule.id))
        }
        #expect(met.isDisjoint(with: elsewhere))
        #expect(met.union(elsewhere) == Set(RuleReference.rules.map(\.id)))
    }

    @Test(arguments: names) func convertingTwiceChangesNothing(_ name: String) throws {
        let once = try StreamConverter(ConversionOptions()).convert(try Self.bytes(name))
        let twice = try StreamConverter(ConversionOptions()).convert(once.output)
        #expect(!twice.isChanged)
        #expect(twice.output == once.output)
    }

    /// There and back and there again is the same as there once, where the way back knows all (no hooks, no probes).
    @Test(arguments: names) func theWayBackLeadsThereAgain(_ name: String) throws {
        let there = try StreamConverter(ConversionOptions()).convert(try Self.bytes(name))
        var options = ConversionOptions()
        options.direction = .toOrdinary
        let back = try StreamConverter(options).convert(there.output)
        #expect(back.isChanged == there.isChanged)
        #expect(!there.isChanged || !back.diagnostics.contains { $0.rule.severity == .error })
        let nothing = try StreamConverter(options).convert(back.output)
        #expect(!nothing.isChanged)
    }
}
