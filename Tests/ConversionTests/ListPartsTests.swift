import Testing
import YAMLTree

@testable import Conversion

/// One long list, converted some items at a time: what comes of it and what is said is what would come of it as a whole.
@Suite struct ListPartsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        /// Converted in parts; else as a whole.
        var isCut = true
    }

    private static let marker = "env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]"

    private static func pod(_ number: Int, _ margin: String, _ more: String = "") -> String {
        """
        # Pod \(number).
        - apiVersion: v1
          kind: Pod
          metadata: {name: p\(number)}
          spec:
            containers:
            - name: main
              image: a
            # Its helper.
            - name: side
              image: b
              \(marker)\(more)

        """.split(separator: "\n", omittingEmptySubsequences: false).map { $0.isEmpty ? "" : margin + $0 }
            .joined(separator: "\n")
    }

    private static func json(_ number: Int) -> String {
        #"{"kind": "Pod", "metadata": {"name": "p\#(number)", "annotations": {"a,]}\"": "[{\\"}}, "spec": {"containers": ["#
            + #"{"name": "main"}, {"name": "side", "env": [{"name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "#
            + #""value": "true"}]}]}}"#
    }

    private static func list(
        _ margin: String = "", head: String = "apiVersion: v1\nkind: List\nitems:\n", tail: String = "",
        items: (Int) -> String? = { _ in nil }
    ) -> String { head + (0..<40).map { items($0) ?? pod($0, margin) }.joined() + tail }

    private static func one(_ number: Int, _ text: String) -> (Int) -> String? { { $0 == number ? text : nil } }

    private static let dashes = String(repeating: "\n- b", count: 40)

    static let cases: [Case] = [
        Case(testDescription: "at the margin", text: list()),
        Case(testDescription: "indented", text: list("  ")),
        Case(
            testDescription: "as kubectl writes it",
            text: list(head: "apiVersion: v1\nitems:\n", tail: "kind: List\nmetadata:\n  resourceVersion: \"\"\n")),
        Case(
            testDescription: "with comments around",
            text: list("  ", head: "---\n# A list.\nkind: PodList\nitems:  \n\n# The first.\n", tail: "# The end.\n")),
        Case(
            testDescription: "lines that end as on Windows",
            text: list(tail: "metadata: {}\n").replacing("\n", with: "\r\n")),
        Case(testDescription: "a mark in front", text: "\u{FEFF}" + list()),
        Case(
            testDescription: "letters of more than one byte",
            text: list(items: one(3, pod(3, "").replacing("p3", with: "p\u{FC}")))),
        Case(
            testDescription: "items that are no pods",
            text: list { $0 < 20 ? "- {apiVersion: v1, kind: Service, metadata: {name: \"s\($0)\"}}\n" : nil }),
        Case(
            testDescription: "dashes in a block of text",
            text: list(items: one(5, pod(5, "", "\n    args:\n      - |\n        - a\n        - b\n")))),
        Case(
            testDescription: "a list in the list", text: list(items: one(7, "- kind: List\n  items:\n" + pod(7, "  ")))),
        Case(testDescription: "a name for all", text: "# sidecar.k-pipe.cloud/ignore: KS103 it is quick\n" + list()),
        Case(
            testDescription: "an anchor that another part names",
            text: list {
                $0 == 1
                    ? pod(1, "", "\n    volumeMounts: &v []") : $0 == 39 ? pod(39, "", "\n    volumeMounts: *v") : nil
            },
            isCut: false),
        Case(
            testDescription: "an item that is refused",
            text: list(items: one(9, pod(9, "").replacing("name: main", with: "name: side"))), isCut: false),
        Case(
            testDescription: "dashes in quotes, where libyaml lets them stand",
            text: list { pod($0, "", "\n    workingDir: \"/a" + dashes + "\"") }, isCut: false),
        Case(
            testDescription: "no pod in it", text: list { "- {kind: Service, metadata: {name: s\($0)}}\n" },
            isCut: false),
        Case(
            testDescription: "no reason in front", text: "# sidecar.k-pipe.cloud/ignore: KS103\n" + list(), isCut: false
        ),
        Case(testDescription: "another document behind it", text: list(tail: "---\nkind: Pod\n")),
        Case(testDescription: "no items", text: list(head: "kind: List\nitems: []\nthings:\n"), isCut: false),
        Case(
            testDescription: "much behind the items",
            text: list(tail: "metadata:\n" + (0..<99).map { "  a\($0): b\n" }.joined()), isCut: false),
        Case(
            testDescription: "as JSON",
            text: #"{"kind": "List", "items": ["# + (0..<40).map(json).joined(separator: ",\n  ") + "]}\n"),
        Case(
            testDescription: "as the API server writes it",
            text: #"{"items":["# + (0..<40).map(json).joined(separator: ",") + #"],"kind":"List"}"#),
        Case(
            testDescription: "in flow style",
            text: "{kind: List, items: [" + (0..<40).map(json).joined(separator: ",") + "]}", isCut: false),
        Case(
            testDescription: "with a comment in it",
            text: #"{"kind": "List", "items": ["# + (0..<40).map(json).joined(separator: ", # [{\n") + "]}",
            isCut: false),
    ]

    @Test(arguments: cases, [1, 3]) func aLongListBecomesTheSame(_ one: Case, _ cores: Int) async throws {
        var converter = StreamConverter(ConversionOptions())
        let bytes = Array(one.text.utf8)
        let whole = try converter.convert(bytes)
        converter.partLength = 2048
        let parts = try await converter.convert(bytes, cores: cores)
        #expect(String(decoding: parts.output, as: UTF8.self) == String(decoding: whole.output, as: UTF8.self))
        #expect(parts.diagnostics == whole.diagnostics)
        #expect(parts.containers == whole.containers && parts.isChanged == whole.isChanged)
    }

    @Test(arguments: cases) func aListIsCutWhereItsPartsMeanTheSame(_ one: Case) {
        let bytes = Array(one.text.utf8)
        let found = StreamParts(ofListIn: bytes, length: 2048) ?? StreamParts(ofJSONListIn: bytes, length: 2048)
        guard let parts = found else { return #expect(!one.isCut) }
        #expect(parts.ranges.count > 2 && parts.head.upperBound == parts.ranges[0].lowerBound)
        #expect(
            zip(parts.ranges, parts.ranges.dropFirst()).allSatisfy {
                [[], [UInt8(ascii: ",")]].contains(Array(bytes[$0.upperBound..<$1.lowerBound]))
            })
        #expect(parts.ranges.last?.upperBound == parts.tail.lowerBound && parts.tail.upperBound == bytes.count)
        var assembly = StreamAssembly(bytes, parts)
        for index in parts.ranges.indices {
            assembly.take(
                Result { () throws(YAMLError) in
                    try StreamConverter(ConversionOptions()).convert(parts.text(index, of: bytes))
                }, of: index)
        }
        #expect((assembly.failure == nil) == one.isCut)
    }
}
