import Basics
import KubeModel
import Testing

@Suite struct PodSelectionTests {
    static let names: NameSet = .init(prefixes: ["KRUISE_TERMINATE_SIDECAR_"])

    /// The pods that `selection` finds in a recorded list.
    func names(_ file: String, _ selection: PodSelection) throws -> [String] {
        let recording = try Recording(file)
        var reader = ObjectListReader(recording.encoding)
        reader.append(recording.bytes)
        var names: [String] = []
        while let item = try reader.next() {
            let pod = try reader.withObject(item) { (bytes) throws(WireError) in
                try selection.pod(recording.encoding, in: bytes)
            }
            if let pod { names.append(pod.metadata.name) }
        }
        return names
    }

    static let selections: [PodSelection] = [
        PodSelection(marks: .init(environment: names)),
        PodSelection(marks: .init(labels: ["batch.kubernetes.io/job-name"])),
        PodSelection(marks: .init(labels: ["batch.kubernetes.io"])),
        PodSelection(marks: .init(annotations: ["nobody.has/this"])),
        PodSelection(marks: .init(isMarkedNamespace: { $0 == "rec" })),
        PodSelection(marks: .init(isMarkedNamespace: { $0 == "none" })),
        PodSelection(marks: .init(findsStuck: true)),
    ]

    @Test(arguments: selections.indices)
    func `Finds the same pods in either encoding, and those that a full reading finds`(index: Int) throws {
        let selection = Self.selections[index]
        let pods = try Recording("pods.list.json").pods().pods
        let marks = try #require(selection.marks)
        let expected = pods.filter { pod in
            marks.isMarkedNamespace?(pod.metadata.namespace) == true
                || pod.metadata.labels.keys.contains(where: marks.labels.contains)
                || pod.metadata.annotations.keys.contains(where: marks.annotations.contains)
                || pod.spec.containers.contains { $0.env.contains { marks.environment.contains($0.name) } }
                || marks.findsStuck && Self.isStuck(pod)
        }
        if marks.findsStuck { #expect(!expected.isEmpty && expected.count < pods.count) }
        #expect(try names("pods.list.pb", selection) == expected.map(\.metadata.name))
        #expect(try names("pods.list.json", selection) == expected.map(\.metadata.name))
        #expect(try names("pods.list.pb", .everything) == pods.map(\.metadata.name))
    }

    /// One has ended and another has not, or what comes first fails.
    private static func isStuck(_ pod: Pod) -> Bool {
        let ended = pod.status.containerStatuses.map { if case .terminated = $0.state { true } else { false } }
        return Set(ended).count == 2
            || pod.status.initContainerStatuses.contains { status in
                guard case .waiting(let reason) = status.state else { return status.restartCount > 0 }
                return status.restartCount > 0 || !["", "PodInitializing", "ContainerCreating"].contains(reason)
            }
    }

    @Test(arguments: ["pods.list.pb", "pods.list.json"])
    func `Keeps only what was asked for`(file: String) throws {
        let recording = try Recording(file)
        let selection = PodSelection(environment: Self.names, annotations: [], labels: ["case"])
        var reader = ObjectListReader(recording.encoding)
        reader.append(recording.bytes)
        var variables = 0
        while let item = try reader.next() {
            let pod = try #require(
                try reader.withObject(item) { (bytes) throws(WireError) in
                    try selection.pod(recording.encoding, in: bytes)
                })
            #expect(pod.metadata.annotations.isEmpty)
            #expect(pod.metadata.labels.keys.allSatisfy { $0 == "case" })
            for variable in pod.spec.containers.flatMap(\.env) {
                #expect(variable.name.hasPrefix("KRUISE_TERMINATE_SIDECAR_"))
                variables += 1
            }
        }
        #expect(variables > 0)
    }
}
