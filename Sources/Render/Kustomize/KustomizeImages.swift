internal import Conversion
internal import PodRules
internal import YAMLTree

/// Another name that a kustomization gives an image. Another tag or digest is nothing to a conversion; another name may be that
/// of a known sidecar, or of none.
struct KustomizeImage {
    private let name: String
    private let newName: String
    let line: Int

    static func all(of root: SourceNode) -> [KustomizeImage] {
        (root["images"]?.elements ?? []).compactMap { entry in
            guard let name = entry["name"]?.text, let new = entry["newName"]?.text,
                SidecarRule.repository(of: name) != SidecarRule.repository(of: new)
            else { return nil }
            return KustomizeImage(name: name, newName: new, line: entry.start.line)
        }
    }

    /// An object with the new name in all its lists of containers, wherever they stand, as Kustomize looks for them.
    ///
    /// - Parameter touch: told what leads to each image that has changed.
    func renamed(_ node: YAMLNode, _ steps: [String] = [], _ touch: ([String]) -> Void) -> YAMLNode {
        var result = node
        switch node.content {
        case .scalar: break
        case .sequence(let elements):
            result.content = .sequence(
                elements.enumerated().map { renamed($1, steps + [$1["name"]?.text ?? String($0)], touch) })
        case .mapping(var mapping):
            for pair in mapping.pairs {
                let isList = pair.key == "containers" || pair.key == "initContainers"
                let inner = renamed(pair.value, steps + [pair.key], touch)
                mapping.set(pair.key, to: isList ? renamed(containers: inner, steps + [pair.key], touch) : inner)
            }
            result.content = .mapping(mapping)
        }
        return result
    }

    private func renamed(containers: YAMLNode, _ steps: [String], _ touch: ([String]) -> Void) -> YAMLNode {
        guard let elements = containers.sequence else { return containers }
        let changed = elements.map { container in
            guard var mapping = container.mapping, let image = mapping["image"], let text = image.text,
                text.hasPrefix(name)
            else { return container }
            // Behind the name stands a tag, a digest or nothing.
            let rest = text.dropFirst(name.count)
            guard rest.isEmpty || !rest.contains("/") && (rest.first == ":" || rest.first == "@") else {
                return container
            }
            mapping.set("image", to: YAMLNode(.scalar(YAMLScalar(newName + rest)), at: image.mark))
            touch(steps + [container["name"]?.text ?? "", "image"])
            return YAMLNode(.mapping(mapping), at: container.mark)
        }
        return YAMLNode(.sequence(changed), at: containers.mark)
    }
}

/// What in a kustomization may change a pod in a way that is not followed here.
struct KustomizeUnknown {
    /// In words.
    let what: String
    let line: Int
    /// Of whom it speaks.
    let target: KustomizeTarget

    /// Fields that decide what becomes of a pod, and what they are part of.
    private static let fields = [
        "ontainers", "annotations", "restartPolicy", "terminationGracePeriod", "podFailurePolicy",
    ]
    private static let holders = ["spec", "template", "metadata"]

    /// - Parameter read: a file beside the kustomization.
    static func all(of root: SourceNode, _ read: (String) -> [UInt8]?) -> [KustomizeUnknown] {
        let transformers = (root["transformers"]?.elements ?? []).filter { entry in
            guard let text = entry.text else { return false }
            let bytes = text.contains("\n") ? Array(text.utf8) : read(text)
            // A folder of them, or one elsewhere, may do anything.
            return bytes.map { $0.firstOffset(of: "ontainers") != nil } ?? true
        }
        let replacements = (root["replacements"]?.elements ?? []).flatMap { entry in
            guard let file = entry["path"]?.text else { return [(entry, entry.start.line)] }
            let found = read(file).flatMap(KustomizeFiles.root)
            return (found?.elements ?? found.map { [$0] } ?? []).map { ($0, entry.start.line) }
        }
        return transformers.map {
            KustomizeUnknown(what: "a transformer", line: $0.start.line, target: KustomizeTarget(nil))
        }
            + replacements.flatMap { replacement, line in
                (replacement["targets"]?.elements ?? []).filter(decides).map {
                    KustomizeUnknown(what: "a replacement", line: line, target: KustomizeTarget($0["select"]))
                }
            }
    }

    private static func decides(_ target: SourceNode) -> Bool {
        (target["fieldPaths"]?.elements ?? []).compactMap(\.text).contains { path in
            fields.contains(where: path.contains) || holders.contains { path == $0 || path.hasSuffix(".\($0)") }
        }
    }
}
