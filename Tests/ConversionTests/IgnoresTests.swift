import Testing

@testable import Conversion

/// Findings that an author lets stand: which ones a reason speaks of.
@Suite struct IgnoresTests {
    private static let key = "sidecar.k-pipe.cloud/ignore"

    private func convert(_ text: String, tellsNotes: Bool = true) throws -> ConvertedStream {
        var options = ConversionOptions()
        options.tellsNotes = tellsNotes
        return try StreamConverter(options).convert(Array(text.utf8))
    }

    /// A text that reads like the key is none, wherever it stands; at the very end it ended the program.
    @Test(arguments: [
        "a: \(key)", "a: \(key)\n", "- \(key)\n", "- \(key)\n- KS103 quick\n", "\(key)\n", "\(key):\n", "? \(key)\n",
        "{\(key)}\n", "\(key): {a: b}\n", "a: &a \(key)\nb: *a\n", "*a : b\n", "- &a \(key)\n- *a\n",
    ])
    func theKeyAloneSaysNothing(_ text: String) throws {
        guard let conversion = try? convert(text) else { return }
        #expect(String(decoding: conversion.output, as: UTF8.self) == text)
    }

    private func pod(_ name: String, _ reason: String?, _ line: String = "") -> String {
        let annotations = reason.map { ", annotations: {\(Self.key): KS103 \($0)}" } ?? ""
        return """
            - apiVersion: v1
              kind: Pod
              metadata: {name: \(name)\(annotations)}
              spec:
                containers:
                - {name: main, image: a}
                \(line)
                - {name: side, image: b, env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]}

            """
    }

    /// The first one counts of those that speak of a place: of the objects in the order of the text, then of the comments.
    @Test(arguments: [
        ("", [nil, "of b", "of c", nil]),
        ("metadata: {annotations: {KEY: KS103 of all}}\n", ["of all", "of all", "of all", "of all"]),
        ("metadata: {annotations: {KEY: KS104 of all}}\n", [nil, "of b", "of c", nil]),
        ("# KEY: KS103 of the document\n", ["of the document", "of b", "of c", "of the document"]),
        ("# KEY: KS103\n", [nil, "of b", "of c", nil]),
    ])
    func theReasonsOfAnObjectSpeakOfWhatIsInIt(_ above: String, _ reasons: [String?]) throws {
        let text =
            above.replacing("KEY", with: Self.key) + "apiVersion: v1\nkind: List\nitems:\n" + pod("a", nil)
            + pod("b", "of b")
            + pod("c", "of c", "# \(Self.key): KS103 of a line") + pod("d", nil)
        let conversion = try convert(text)
        #expect(conversion.diagnostics.filter { $0.rule.id == "KS103" }.map(\.ignored) == reasons)
        // Without notes all else is as it was, ignored warnings too.
        let quiet = try convert(text, tellsNotes: false)
        #expect(quiet.output == conversion.output)
        #expect(quiet.diagnostics == conversion.diagnostics.filter { $0.rule.severity != .note })
        #expect(quiet.diagnostics.count < conversion.diagnostics.count)
    }

    @Test func aReasonAboveALineSpeaksOfIt() throws {
        let text =
            "apiVersion: v1\nkind: List\nitems:\n" + pod("a", nil, "# \(Self.key): KS103 one\n    # more")
            + pod("b", nil)
        #expect(try convert(text).diagnostics.filter { $0.rule.id == "KS103" }.map(\.ignored) == ["one", nil])
    }
}
