import Foundation
import Render
import TestSupport
import Testing

/// The promise about bytes, on generated documents, judged by another reader than ours.
/// `KPIPE_MUTATIONS=10000` tries more of them.
@Suite struct MutationTests {
    @Test(.requires(.python)) func onlyWhatHadToChangeChanges() async throws {
        let count = ProcessInfo.processInfo.environment["KPIPE_MUTATIONS"].flatMap { Int($0) } ?? 300
        let folder = try TemporaryFolder("mutations")
        var changed = 0
        for seed in 0..<count {
            var generator = ManifestGenerator(seed: UInt64(seed))
            let text = generator.stream()
            let conversion = try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
            changed += conversion.isChanged ? 1 : 0
            let refusals = conversion.diagnostics.filter { $0.rule.severity == .error }
            #expect(refusals.allSatisfy { $0.rule.id == "KS008" }, "seed \(seed): \(refusals)")
            #expect(refusals.count <= 3)
            try folder.write(text, to: "\(seed).before")
            try folder.write(conversion.output, to: "\(seed).after")
        }
        #expect(changed > count / 2)
        let script = Repository.path("Tests/Fixtures/render/check-conversions.py")
        let said = try await output(
            Tool.python.path ?? "python3", [script, folder.path, String(count)], limit: .seconds(600))
        #expect(said.hasPrefix("ok"))
    }
}
