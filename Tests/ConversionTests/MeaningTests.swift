import Testing
import YAMLTree

@testable import Conversion

/// What a conversion may change in a pod means the same, and all else does not.
@Suite struct MeaningTests {
    private static let pod = """
        kind: Pod
        metadata: {name: p, annotations: {a: b, spent: x}}
        spec:
          containers:
          - {name: main, image: a, args: [x, 'y'], env: [{name: A, value: "1"}]}
          - {name: side, image: b, env: [{name: B, value: "2"}], lifecycle: {preStop: {sleep: {seconds: 1}}}}

        """
    private static let moved = """
        kind: Pod
        metadata: {name: p, annotations: {a: b}}
        spec:
          initContainers:
          - {name: side, image: b, restartPolicy: Always, startupProbe: {}, env: [{name: B, value: "2"}]}
          terminationGracePeriodSeconds: 40
          containers:
          - {name: main, image: a, args: [x, 'y'], env: [{name: A, value: "1"}]}

        """

    private func meaning(_ text: String) throws -> Int? {
        var reader = try SourceReader(Array(text.utf8), limits: StreamConverter.limits)
        let root = try #require(try reader.document()).root
        let pods = try PodFinder(customPaths: []).find(in: root).pods
        return Meaning.of(root, pods, moved: [["side"]], dropped: ["spent"])
    }

    @Test func aMoveMeansTheSame() throws {
        #expect(try meaning(Self.pod) == meaning(Self.moved))
        #expect(try meaning(Self.pod) != nil)
    }

    @Test(arguments: [
        ("name: p", "name: q"), ("a: b}", "a: 'b'}"), ("a: b}", "a: !t b}"), ("a: b}", "a: b, c: d}"),
        ("a: b}", "a: [b]}"),
        ("a: b}", "a: {b: }}"), ("[x, 'y']", "['y', x]"), ("[x, 'y']", "[x, y]"), ("[x, 'y']", "[x, 'y', z]"),
        ("[x, 'y']", "[x'y']"), ("image: b", "image: c"), ("image: b", "image: b, tty: true"),
        (#"{name: B, value: "2"}"#, #"{name: B, value: "3"}"#), (#"[{name: B, value: "2"}]"#, "[]"),
        ("name: side", "name: other"), ("{name: main, image: a", "{image: a, name: main"),
        ("  - {name: main", "  - {name: third}\n  - {name: main"), ("kind: Pod", "kind: Pod\nother: 1"),
    ])
    func whateverElseChangesMeansSomethingElse(_ was: String, _ becomes: String) throws {
        let changed = Self.moved.replacing(was, with: becomes)
        #expect(changed != Self.moved)
        #expect(try meaning(changed) != meaning(Self.pod), "\(changed)")
    }
}
