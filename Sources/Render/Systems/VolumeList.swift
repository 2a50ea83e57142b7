import YAMLTree

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
