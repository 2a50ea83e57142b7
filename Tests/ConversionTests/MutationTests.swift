import Basics
import TestSupport
import Testing
import YAMLTree

@testable import Conversion

/// The promise about bytes, on generated documents, judged by another reader than ours.
@Suite struct MutationTests {
    private static let count = 10_000
    /// Made side by side; the other reader gets all of them in one file.
    private static let parts = 4

    private struct Part {
        var lines: [UInt8] = []
        var changed = 0
    }

    @Test(.requires(.python)) func onlyWhatHadToChangeChanges() async throws {
        let parts = try await withThrowingTaskGroup(of: Part.self) { group in
            for part in 0..<Self.parts {
                group.addTask {
                    try Self.converted(stride(from: part, to: Self.count, by: Self.parts))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(parts.reduce(0) { $0 + $1.changed } > Self.count / 2)
        let folder = try TemporaryFolder("mutations")
        try folder.write(parts.flatMap(\.lines), to: "conversions")
        let script = Repository.path("Tests/Fixtures/render/check-conversions.py")
        let said = try await output(
            Tool.python.path ?? "python3", [script, "\(folder.path)/conversions"], limit: .seconds(600))
        #expect(said.hasPrefix("ok: \(Self.count) streams"), "\(said)")
    }

    /// `[seed, before, after]`, one a line.
    private static func converted(_ seeds: StrideTo<Int>) throws -> Part {
        var part = Part()
        for seed in seeds {
            var generator = ManifestGenerator(seed: UInt64(seed))
            let text = generator.stream()
            let conversion = try StreamConverter(ConversionOptions()).convert(Array(text.utf8))
            part.changed += conversion.isChanged ? 1 : 0
            let refusals = conversion.diagnostics.filter { $0.rule.severity == .error }
            #expect(refusals.allSatisfy { $0.rule.id == "KS008" }, "seed \(seed): \(refusals)")
            let line: JSONValue = [
                .integer(Int64(seed)), .string(text), .string(String(decoding: conversion.output, as: UTF8.self)),
            ]
            part.lines += Array("\(line.text)\n".utf8)
        }
        return part
    }
}
