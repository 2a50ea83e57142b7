import Basics
import Conversion
import Foundation
import Render
import TestSupport
import Testing
import YAMLTree

private func run(_ text: String) throws -> ResourceFunction.Outcome { try ResourceFunction.run(Array(text.utf8)) }

private let pod = """
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": \
    [{"name": "main", "image": "a"}, {"name": "side", "image": "b"}]}}
    """

@Suite struct FunctionTests {
    private static let golden = GeneratorGolden(folder: "function")

    @Test func itemsAreConvertedEachForItself() throws {
        let outcome = try ResourceFunction.run(try Self.golden.bytes("list.yaml"))
        try Self.golden.expect(String(decoding: outcome.output, as: UTF8.self), "list.yaml")
        #expect(outcome.failed)
        let list = try YAMLNode(parsing: outcome.output)
        let native = list["items"]?[1]?["spec"]?["template"]?["spec"]?["initContainers"]?[0]
        #expect(native?["restartPolicy"]?.text == "Always")
        // Refused for itself: its neighbour is converted all the same.
        #expect(list["items"]?[2]?["spec"]?["containers"]?.sequence?.count == 1)
        let result = try #require(list["results"]?.sequence?.first { $0["severity"]?.text == "error" })
        #expect(result["resourceRef"]?["name"]?.text == "alone")
        let hook = list["results"]?.sequence?.first { $0["tags"]?["rule"]?.text == "KS104" }
        #expect(hook?["field"]?["path"]?.text == "spec.template.spec.containers[1].lifecycle.postStart")
        #expect(hook?["file"]?["path"]?.text == "job.yaml")
        #expect(hook?["severity"]?.text == "warning")
    }

    @Test func aListInJSONStaysJSON() throws {
        let text = """
            {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [\(pod)], "results": [{"old": 1}],
             "functionConfig": {"kind": "ConfigMap", "data": {"sidecars": "side", "detect": "false"}}}
            """
        let output = try run(text).output
        let object = try JSONSerialization.jsonObject(with: Data(output)) as? [String: Any]
        #expect((object?["results"] as? [[String: Any]])?.isEmpty == false)
        #expect(!String(decoding: output, as: UTF8.self).contains("old"))
        #expect(String(decoding: output, as: UTF8.self).contains("\"restartPolicy\": \"Always\""))
    }

    @Test(arguments: ["sidecars: [side, sid]", "primary: man"]) func aNameThatNoItemHasIsRefused(_ field: String) throws
    {
        let text = """
            {"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": [\(pod)],
             "functionConfig": {spec: {\(field)}}}
            """
        let input = try #require(throws: InputError.self) { try run(text) }
        #expect(
            input.problems.contains { "\($0)".contains("no item has a container") && "\($0)".contains("main, side") })
    }

    @Test func whatNeedsNothingStaysAsItIs() throws {
        let text = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems: []\n"
        #expect(try run(text).output == Array(text.utf8))
    }

    @Test(arguments: [
        "apiVersion: v1\nkind: List\nitems: []\n", "a: [", "[]", "",
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {spec: {sidecar: x}}\n",
        "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nfunctionConfig: {spec: {kubeVersion: '1.28'}}\n",
    ])
    func whatIsNoListIsRefused(_ text: String) {
        #expect { try run(text) } throws: { text == "a: [" ? $0 is YAMLError : $0 is InputError }
    }
}
