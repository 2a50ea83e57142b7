internal import Conversion
package import YAMLTree

/// An HKube algorithm: its pod as HKube's task executor makes it of what its API stores (`jobCreator.js`), as far as the
/// algorithm's document says. The worker beside it, and what the cluster's configuration adds, are HKube's own.
package struct HKubeAlgorithm: Sendable {
    /// HKube's name for the main container.
    static let main = "algorunner"
    /// Of the other containers and the volumes that HKube itself gives a worker's pod.
    private static let containers: Set = [main, "worker"]
    private static let volumes: Set = [
        "varlog", "varlibdockercontainers", "algometrics", "logs", "xsocket", "hkube-dev-sources",
        "datasources-storage", "datasciencemetrics-storage", "storage-volume",
    ]
    /// HKube's own `config.resources.sideCar`.
    package static let defaultResources: ManifestValue = ["cpu": .plain("0.1"), "memory": "128Mi"]

    /// Instead of the document's `algorithmImage`.
    package var image: String?
    /// What sidecars request that name nothing; `nil` leaves them without.
    package var resources: ManifestValue? = HKubeAlgorithm.defaultResources
    /// As HKube's setting of that name; else limits are twice what is requested.
    package var usesResourceLimits = false

    var amounts: HKubeResources { HKubeResources(limitsAreRequests: usesResourceLimits) }

    package init() {}

    /// Throws with everything that is wrong.
    package func pod(_ document: YAMLNode) throws(InputError) -> GeneratedPod {
        var reader = FieldReader(document)
        var diagnostics: [Diagnostic] = []
        let name = reader.text("name")
        var labels: [ManifestValue.Field] = []
        var annotations: [ManifestValue.Field] = []
        if let name {
            labels = [
                .init("group", "hkube"), .init("type", "worker"), .init("algorithm-name", .text(name)),
                .init("metrics-group", "workers"),
            ]
        }
        var spec: ManifestValue = ["restartPolicy": "Never"]
        var volumes = VolumeList()
        let mounts = mounts(&volumes, &reader)
        volumes.add(reader.list("volumes"), path: "volumes", &reader)
        var containers = [main(name, mounts, &annotations, &reader, document, &diagnostics)]
        var names: Set = [Self.main]
        for (index, node) in reader.list("sideCars").enumerated() {
            guard let container = sideCar(node, path: "sideCars[\(index)]", &volumes, &reader, &diagnostics) else {
                continue
            }
            let name = container["name"]?.scalar ?? ""
            if !name.isEmpty, !names.insert(name).inserted || Self.containers.contains(name) {
                let why =
                    Self.containers.contains(name)
                    ? "a container of HKube's is called that" : "container names must be unique"
                reader.report(node, at: "sideCars[\(index)].container.name", "\(name) is taken already: \(why)")
            }
            containers.append(container)
        }
        if containers.count == 1, reader.problems.isEmpty, document["sideCars"] == nil {
            reader.report(nil, at: "sideCars", "is missing; an algorithm without sidecars needs nothing from here")
        }
        volumes.checkMounts(of: containers, &reader)
        for name in volumes.list.compactMap({ $0["name"]?.scalar }) where Self.volumes.contains(name) {
            reader.report(nil, at: "volumes", "\(name) is a volume of HKube's own; give yours another name")
        }
        spec["containers"] = .list(containers)
        if !volumes.list.isEmpty { spec["volumes"] = .list(volumes.list) }
        spec["affinity"] = affinity(&reader)
        spec["securityContext"] = securityContext(&reader)
        if let queue = scheduling(&reader, &annotations) {
            labels.append(.init("runai/queue", .text(queue)))
            spec["schedulerName"] = "kai-scheduler"
        }
        for (field, isLabel) in [("labels", true), ("annotations", false)] {
            for pair in reader.pairs(field) {
                let value = ManifestValue.Field(pair.key, .text(pair.value.text ?? ""))
                if (isLabel ? labels : annotations).contains(where: { $0.name == pair.key }) {
                    let message = "\(pair.key) in \(field) is lost: HKube has one of that name"
                    diagnostics.append(Diagnostic(rule: .overridden, line: pair.keyMark.line, message: message))
                } else if isLabel {
                    labels.append(value)
                } else {
                    annotations.append(value)
                }
            }
        }
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        return GeneratedPod(
            name: name, labels: labels, annotations: annotations, spec: spec, sidecars: names.subtracting([Self.main]),
            retries: nil, timeout: nil, diagnostics: diagnostics)
    }

    // MARK: The pod

    /// HKube makes a node affinity of an algorithm's `nodeSelector`: all of it has to hold, with one of a label's values.
    private func affinity(_ reader: inout FieldReader) -> ManifestValue? {
        var expressions: [ManifestValue] = []
        for pair in reader.pairs("nodeSelector") {
            let values = pair.value.sequence ?? [pair.value]
            guard !values.isEmpty, values.allSatisfy({ $0.text != nil }) else {
                reader.report(pair.value, at: "nodeSelector.\(pair.key)", "expected a label's value, or a list of them")
                continue
            }
            let texts = ManifestValue.texts(values.compactMap(\.text))
            expressions.append(["key": .text(pair.key), "operator": "In", "values": texts])
        }
        guard !expressions.isEmpty else { return nil }
        let terms: ManifestValue = ["nodeSelectorTerms": .list([["matchExpressions": .list(expressions)]])]
        return ["nodeAffinity": ["requiredDuringSchedulingIgnoredDuringExecution": terms]]
    }

    private func securityContext(_ reader: inout FieldReader) -> ManifestValue? {
        guard let node = reader.node("securityContext") else { return nil }
        var fields = FieldReader(node, path: "securityContext")
        let group = fields.integer("fsGroup", in: 0...Int(Int32.max))
        let policy = fields.text("fsGroupChangePolicy")
        fields.reportUnknown()
        reader.add(fields.problems)
        guard group != nil || policy != nil else { return nil }
        return .map(present: ["fsGroup": group.map { .number($0) }, "fsGroupChangePolicy": policy.map { .text($0) }])
    }

    /// `kaiObject`: a queue of the KAI scheduler and a part of a GPU.
    private func scheduling(_ reader: inout FieldReader, _ annotations: inout [ManifestValue.Field]) -> String? {
        guard let node = reader.node("kaiObject") else { return nil }
        var fields = FieldReader(node, path: "kaiObject")
        let queue = fields.required("queue", "give the queue's name")
        let memory = amounts.mebibytes("memory", &fields)
        let fraction = fields.text("fraction")
        if memory != nil, fraction != nil { fields.report(node, "give memory or fraction, not both") }
        fields.reportUnknown()
        reader.add(fields.problems)
        if let memory { annotations.append(.init("gpu-memory", .text(String(Int(memory))))) }
        if let fraction { annotations.append(.init("gpu-fraction", .text(fraction))) }
        return queue.isEmpty ? nil : queue
    }

    /// `mounts`: claims, or what `volumeType` says, each a volume by its place in the list.
    private func mounts(_ volumes: inout VolumeList, _ reader: inout FieldReader) -> [ManifestValue] {
        var mounts: [ManifestValue] = []
        for (index, node) in reader.list("mounts").enumerated() {
            var fields = FieldReader(node, path: "mounts[\(index)]")
            let source = fields.required("pvcName", "give the name of a claim")
            let path = fields.required("path", "say where algorunner has it")
            let type = fields.text("volumeType")
            fields.reportUnknown()
            let name = "\(source)-\(index)"
            let volume: ManifestValue =
                switch type {
                case "emptyDir": ["name": .text(name), "emptyDir": .map([])]
                case "configMap": ["name": .text(name), "configMap": ["name": .text(source)]]
                default: ["name": .text(name), "persistentVolumeClaim": ["claimName": .text(source)]]
                }
            if fields.problems.isEmpty { volumes.add(volume, at: "mounts[\(index)]", node, &reader) }
            reader.add(fields.problems)
            mounts.append(["name": .text(name), "mountPath": .text(path)])
        }
        return mounts
    }
}

/// Volumes of several origins in one pod: equal ones are one, and two of one name that differ are refused.
struct VolumeList {
    private(set) var list: [ManifestValue] = []
    private var origins: [String: String] = [:]

    mutating func add(_ nodes: [YAMLNode], path: String, _ reader: inout FieldReader) {
        for (index, node) in nodes.enumerated() { add(ManifestValue(node), at: "\(path)[\(index)]", node, &reader) }
    }

    mutating func add(_ volume: ManifestValue, at place: String, _ node: YAMLNode, _ reader: inout FieldReader) {
        guard let name = volume["name"]?.scalar, ObjectName.problem(name) == nil else {
            reader.add([InputProblem(path: "\(place).name", mark: node.mark, message: "expected the volume's name")])
            return
        }
        guard let existing = list.first(where: { $0["name"]?.scalar == name }) else {
            list.append(volume)
            origins[name] = place
            return
        }
        guard existing != volume else { return }
        reader.add([
            InputProblem(
                path: place, mark: node.mark,
                message: "the volume \(name) is another one in \(origins[name] ?? "another place"); "
                    + "rename one, or write both alike")
        ])
    }

    /// A mount of a volume that nobody has would be refused by the API server.
    func checkMounts(of containers: [ManifestValue], _ reader: inout FieldReader) {
        let names = Set(list.compactMap { $0["name"]?.scalar })
        for container in containers {
            for mount in container["volumeMounts"]?.elements ?? [] {
                let name = mount["name"]?.scalar ?? ""
                let owner = container["name"]?.scalar ?? ""
                if !names.contains(name) {
                    let message = "\(owner) mounts a volume \(name) that is in no volumes list"
                    reader.add([InputProblem(path: "volumeMounts", message: message)])
                } else if mount["mountPath"]?.scalar == nil {
                    reader.add([
                        InputProblem(path: "volumeMounts", message: "\(owner) mounts \(name) without a mountPath")
                    ])
                }
            }
        }
    }
}
