import Basics
import Testing
import YAMLTree

@testable import Conversion

@Suite struct JSONPatchTests {
    @Test(
        arguments: [
            (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
            (#"{"a":1}"#, #"[{"op":"add","path":"/a","value":2}]"#, #"{"a":2}"#),
            (#"{"a":[1,2]}"#, #"[{"op":"add","path":"/a/1","value":9}]"#, #"{"a":[1,9,2]}"#),
            (#"{"a":[1,2]}"#, #"[{"op":"add","path":"/a/-","value":9}]"#, #"{"a":[1,2,9]}"#),
            (#"{"a":[1,2]}"#, #"[{"op":"remove","path":"/a/0"}]"#, #"{"a":[2]}"#),
            (#"{"a":{"b~/c":1}}"#, #"[{"op":"remove","path":"/a/b~0~1c"}]"#, #"{"a":{}}"#),
            (
                #"{"a":1}"#, #"[{"op":"test","path":"/a","value":1},{"op":"replace","path":"/a","value":null}]"#,
                #"{"a":null}"#
            ),
        ])
    func isCarriedOut(document: String, patch: String, outcome: String) throws {
        let made = try JSONPatch.apply(try YAMLNode(parsing: patch), to: try YAMLNode(parsing: document))
        #expect(made == (try YAMLNode(parsing: outcome)))
    }

    @Test(
        arguments: [
            #"[{"op":"remove","path":"/b"}]"#, #"[{"op":"replace","path":"/b","value":1}]"#,
            #"[{"op":"add","path":"/b/c","value":1}]"#, #"[{"op":"add","path":"/a/9","value":1}]"#,
            #"[{"op":"test","path":"/a","value":1}]"#, #"[{"op":"move","from":"/a","path":"/b"}]"#,
            #"[{"op":"remove","path":""}]"#, #"[{"op":"add","path":"a","value":1}]"#, #"{}"#, #"[{"op":"add"}]"#,
        ])
    func whatDoesNotFitIsRefused(patch: String) throws {
        let document = try YAMLNode(parsing: #"{"a":[1]}"#)
        let operations = try YAMLNode(parsing: patch)
        #expect(throws: JSONPatch.Failure.self) { try JSONPatch.apply(operations, to: document) }
    }

    /// Whatever two documents are, the patch between them leads from one to the other.
    @Test(
        arguments: [
            (#"{"a":{"b":1,"c":[1,2]},"d":null}"#, #"{"a":{"c":[2],"e/~":{}},"f":"x"}"#), (#"{}"#, #"{"a":1}"#),
            (#"{"a":1}"#, #"{}"#), (#"{"a":{"b":{}}}"#, #"{"a":{"b":[]}}"#),
        ])
    func leadsWhereItShould(before: String, after: String) throws {
        let (before, after) = (try YAMLNode(parsing: before), try YAMLNode(parsing: after))
        let patch = try YAMLNode(parsing: JSONPatch.between(before, after).text)
        #expect(try JSONPatch.apply(patch, to: before) == after)
    }

    // MARK: One pod, as admission sees it

    private static let pod = Array(
        """
        {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": \
        [{"name": "main", "image": "a"}, {"name": "side", "image": "b"}]}}
        """.utf8)

    @Test func aConvertedPodHasAPatchThatLeadsThere() throws {
        var options = ConversionOptions()
        options.sidecars = ["side"]
        let converted = try StreamConverter(options).convert(Self.pod)
        #expect(converted.isChanged && !converted.isRefused)
        let after = try YAMLNode(json: converted.output)
        #expect(after["spec"]?["initContainers"]?[0]?["restartPolicy"]?.text == "Always")
        #expect(
            JSONPatch.between(try YAMLNode(json: Self.pod), after).text == """
                [{"op":"replace","path":"/spec/containers","value":[{"name":"main","image":"a"}]},\
                {"op":"add","path":"/spec/initContainers","value":[{"name":"side","image":"b","restartPolicy":"Always"}]}]
                """)
        let again = try StreamConverter(options).convert(converted.output)
        #expect(!again.isChanged && !again.isRefused)
    }

    @Test func aPodThatCannotBeConvertedIsRefused() throws {
        var options = ConversionOptions()
        options.sidecars = ["side", "main"]
        let refused = try StreamConverter(options).convert(Self.pod)
        #expect(refused.isRefused && !refused.isChanged)
        #expect(refused.diagnostics.map(\.rule.id) == ["KS001"])
        #expect(refused.output == Self.pod)
        #expect(throws: YAMLError.self) { try StreamConverter(options).convert(Array("{".utf8)) }
    }
}
