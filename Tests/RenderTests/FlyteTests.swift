import Conversion
import Render
import TestSupport
import Testing
import YAMLTree

@Suite struct FlyteTests {
    private static let golden = GeneratorGolden(folder: "flyte")

    private func task(_ oneShots: Set<String> = []) -> FlyteTask {
        var task = FlyteTask()
        task.oneShots = oneShots
        return task
    }

    @Test(arguments: [
        ("shared-memory.yaml", "", false), ("shared-memory.yaml", "secondary", false),
        ("shared-memory.yaml", "", true), ("simple.json", "", false), ("helpers.yaml", "", false),
        ("helpers.yaml", "", true), ("created.yaml", "", false),
    ])
    func rendersAsExpected(_ name: String, _ oneShot: String, _ legacy: Bool) throws {
        var pod = try task(oneShot.isEmpty ? [] : [oneShot]).pod(try Self.golden.document(name))
        pod.name = pod.name ?? "task"
        let (document, diagnostics) = try pod.rendered(as: .job, legacy: legacy)
        let said = diagnostics.map { "# \($0.text(file: name))\n" }.joined()
        let stem = name.split(separator: ".")[0] + (oneShot.isEmpty ? "" : ".one-shot") + (legacy ? ".legacy" : "")
        try Self.golden.expect(said + ManifestWriter.yaml([document]), "\(stem).yaml")
    }

    private static let base = "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: i}]}\n"

    @Test(arguments: [
        ("pod_spec: {}", "image"), ("image: i\npod_spec: []", "pod_spec"), (base + "cpu_requests: 1", "cpu_requests"),
        ("image: i\npod_spec: {containers: [{name: a}]}", "pod_spec.containers[0].image"),
        ("image: i\npod_spec: {containers: [{image: a}]}", "pod_spec.containers[0]"),
        ("image: i\npod_spec: {containers: [{name: a, image: b}, {name: a, image: b}]}", "pod_spec.containers[1]"),
        (base + "primary_container_name: A B", "primary_container_name"), (base + "retries: x", "retries"),
        (base + "timeout: 5", "timeout"), (base + "environment: [a]", "environment"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try task().pod(try YAMLNode(parsing: text)) }
        #expect(
            error?.problems.contains { $0.path == path && $0.message.count > 10 } == true, "\(error?.problems ?? [])")
    }

    @Test(arguments: ["nobody", "primary"]) func aOneShotHasToBeAHelper(_ name: String) throws {
        let document = try YAMLNode(parsing: Self.base)
        #expect(throws: InputError.self) { try task([name]).pod(document) }
    }

    @Test(arguments: [
        (["/bin/sh", "-c", "echo hi > /data/m"], true), (["sh", "-ec", "cp a b && touch done"], true),
        (["sh", "-c", "while true; do date; sleep 5; done"], false), (["sh", "-c", "cp a b; exec server"], false),
        (["sh", "-c", "server & echo started"], false), (["sh", "-c", "echo x >&2"], true), (["cp", "a", "b"], true),
        (["nginx"], false), ([], false), (["sh"], false), (["sh", "-c", "tail -f log"], false),
    ])
    func aHelperThatEndsIsKnownByItsCommand(_ words: [String], _ ends: Bool) throws {
        let list = "[" + words.map { "'\($0)'" }.joined(separator: ", ") + "]"
        let text = "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: i, command: \(list)}]}"
        #expect(try task().pod(try YAMLNode(parsing: text)).sidecars.isEmpty == ends)
    }
}
