import KubeModel
import Testing

@Suite struct ObjectKeyTests {
    @Test(arguments: [
        (ObjectKey(namespace: "batch", name: "a"), "batch/a"), (ObjectKey(name: "node-1"), "node-1"),
    ])
    func isWrittenAsKubectlDoes(key: ObjectKey, text: String) { #expect(key.description == text) }
}
