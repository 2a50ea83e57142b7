internal import Basics
internal import Conversion
internal import YAMLTree

/// What Kustomize builds of the objects that a kustomization stands on, as far as a conversion asks for it: they are patched.
struct KustomizeBuild {
    struct Object {
        fileprivate(set) var resource: KustomizeFiles.Resource
        /// As it stands in its file, in JSON, and what can be asked of it.
        let original: [UInt8]
        fileprivate let root: SourceNode
        fileprivate(set) var node: YAMLNode
        /// What patches have said of it.
        fileprivate(set) var touches: [Touch] = []
        /// What besides may change it and is not followed, so that nothing can be said of it.
        fileprivate(set) var unknown: (what: String, file: String, line: Int)?

        var known: KustomizeObject { KustomizeObject(root, resource) }
    }

    /// A place in an object of which a patch speaks, by the names of what leads there, and where it does.
    struct Touch {
        let steps: [String]
        let file: String
        let line: Int
    }

    private let files: KustomizeFiles
    /// By path, so that what many overlays stand on is read once.
    private var known: [String: [Object]] = [:]

    /// - Parameter read: the bytes of a file; `nil` where there is none.
    init(read: @escaping (String) -> [UInt8]?) { files = KustomizeFiles(read) }

    mutating func objects(of path: String) -> [Object] {
        files.read(path).flatMap(KustomizeFiles.root).map { built($0, at: path, depth: 0) } ?? []
    }

    private mutating func built(_ root: SourceNode, at path: String, depth: Int) -> [Object] {
        var objects: [Object] = []
        guard depth < 32 else { return objects }
        let folder = KustomizeFiles.folder(of: path)
        for name in Self.entries(["resources", "bases"], of: root) {
            let path = KustomizeFiles.joined(folder, name)
            if let (inner, base) = files.kustomization(in: path) {
                objects += built(base, at: inner, depth: depth + 1)
            } else {
                objects += read(path)
            }
        }
        // A component patches what those that list it stand on, and what it brings itself.
        for name in Self.entries(["components"], of: root) {
            guard let (path, part) = files.kustomization(in: KustomizeFiles.joined(folder, name)) else { continue }
            objects += built(part, at: path, depth: depth + 1)
            change(&objects, by: part, at: path)
        }
        if root["kind"]?.text != "Component" { change(&objects, by: root, at: path) }
        for index in objects.indices { objects[index].resource.pass(through: root) }
        return objects
    }

    private static func entries(_ fields: [String], of root: SourceNode) -> [String] {
        fields.flatMap { root[$0]?.elements ?? [] }.compactMap(\.text).filter { !$0.contains("://") }
    }

    /// Those that may have pods.
    private mutating func read(_ path: String) -> [Object] {
        if let known = known[path] { return known }
        let objects = readAnew(path)
        known[path] = objects
        return objects
    }

    private func readAnew(_ path: String) -> [Object] {
        guard let bytes = files.read(path), bytes.firstOffset(of: "containers") != nil,
            let nodes = try? YAMLNode.documents(in: bytes, limits: StreamConverter.limits)
        else { return [] }
        let objects = nodes.flatMap { $0["kind"]?.text == "List" ? $0["items"]?.sequence ?? [] : [$0] }
        return objects.filter { $0["kind"]?.text != "CustomResourceDefinition" }.compactMap { node in
            let text = Array(JSONValue(node).text.utf8)
            return KustomizeFiles.root(of: text).map {
                Object(resource: KustomizeFiles.Resource(path: path), original: text, root: $0, node: node)
            }
        }
    }

    // MARK: Patches

    /// Carries out what a kustomization says of the objects, in Kustomize's order.
    private func change(_ objects: inout [Object], by root: SourceNode, at path: String) {
        patch(&objects, by: root, at: path)
        for image in KustomizeImage.all(of: root) {
            for index in objects.indices {
                var touches: [Touch] = []
                let node = image.renamed(objects[index].node) { steps in
                    touches.append(Touch(steps: steps, file: path, line: image.line))
                }
                guard !touches.isEmpty else { continue }
                objects[index].node = node
                objects[index].touches += touches
            }
        }
        let folder = KustomizeFiles.folder(of: path)
        for unknown in KustomizeUnknown.all(of: root, { files.read(KustomizeFiles.joined(folder, $0)) }) {
            for index in objects.indices where unknown.target.matches(objects[index].known) != false {
                objects[index].unknown = (unknown.what, path, unknown.line)
            }
        }
    }

    private func patch(_ objects: inout [Object], by root: SourceNode, at path: String) {
        for patch in KustomizePatch.all(of: root) {
            var (file, line) = (path, 0)
            let bytes: [UInt8]?
            if let name = patch.file {
                file = KustomizeFiles.joined(KustomizeFiles.folder(of: path), name)
                bytes = files.read(file)
            } else {
                line = patch.text?.start.line ?? 0
                bytes = patch.text?.scalar.map { Array($0.text.utf8) }
            }
            for document in bytes.flatMap({ try? YAMLNode.documents(in: $0) }) ?? [] {
                for index in objects.indices {
                    Self.patch(&objects[index], by: document, patch.target) {
                        Touch(steps: $0, file: file, line: line + $1.line)
                    }
                }
            }
        }
    }

    private static func patch(
        _ object: inout Object, by patch: YAMLNode, _ target: KustomizeTarget,
        _ touch: ([String], YAMLMark) -> Touch
    ) {
        if let operations = patch.sequence {
            guard target.matches(object.known) == true, let node = try? JSONPatch.apply(patch, to: object.node) else {
                return
            }
            for operation in operations {
                guard let path = operation.mapping?.pairs.first(where: { $0.key == "path" })?.value else { continue }
                let steps = names(of: path.text ?? "", in: object.node)
                object.touches.append(touch(steps, path.mark))
                if let value = operation["value"] { object.touches += touches(value, steps, touch) }
            }
            object.node = node
        } else {
            let known = object.known
            let isMeant =
                target.isEmpty
                ? patch["kind"]?.text == known.kind && known.names.contains(patch["metadata"]?["name"]?.text ?? "")
                : target.matches(known) == true
            guard isMeant, let node = StrategicMerge.merge(patch, into: object.node) else { return }
            object.touches += touches(patch, [], touch)
            object.node = node
        }
    }

    private static func touches(
        _ node: YAMLNode, _ steps: [String], _ touch: ([String], YAMLMark) -> Touch
    ) -> [Touch] {
        var touches = [touch(steps, node.mark)]
        for pair in node.mapping?.pairs ?? [] { touches += Self.touches(pair.value, steps + [pair.key], touch) }
        for (index, element) in (node.sequence ?? []).enumerated() {
            touches += Self.touches(element, steps + [element["name"]?.text ?? String(index)], touch)
        }
        return touches
    }

    /// What leads to the place of a JSON pointer.
    private static func names(of pointer: String, in node: YAMLNode) -> [String] {
        var node: YAMLNode? = node
        return JSONPatch.steps(of: pointer).map { key in
            let inner = node?[key] ?? Int(key).flatMap { node?[$0] }
            defer { node = inner }
            return node?.sequence == nil ? key : inner?["name"]?.text ?? key
        }
    }
}

/// Carries a strategic merge patch out as Kustomize does: elements of lists are found by their keys, and those that the patch
/// names stand first.
private enum StrategicMerge {
    /// Lists of a pod that are merged, and by which of their fields. Those of custom resources are replaced whole.
    private static let keys = [
        "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "env": "name", "volumes": "name",
        "imagePullSecrets": "name", "volumeMounts": "mountPath", "volumeDevices": "devicePath",
        "ports": "containerPort",
        "hostAliases": "ip",
    ]
    private static let directive = "$patch"

    static func merge(_ patch: YAMLNode, into object: YAMLNode) -> YAMLNode? {
        let group = (object["apiVersion"]?.text ?? "").split(separator: "/").dropLast().first ?? ""
        return merge(patch, into: object, field: "", isTyped: !group.contains("."))
    }

    /// - Returns: `nil` where the patch takes the value away.
    private static func merge(_ patch: YAMLNode, into value: YAMLNode?, field: String, isTyped: Bool) -> YAMLNode? {
        switch patch.content {
        case .scalar(let scalar): return scalar.isNull && patch.tag == nil ? nil : patch
        case .mapping(let mapping):
            let word = mapping[directive]?.text
            guard word != "delete" else { return nil }
            var result = word == "replace" ? YAMLMapping() : value?.mapping ?? YAMLMapping()
            for pair in mapping.pairs where !pair.key.hasPrefix("$") {
                let merged = merge(pair.value, into: result[pair.key], field: pair.key, isTyped: isTyped)
                result = result.setting(pair.key, to: merged)
            }
            return YAMLNode(.mapping(result), at: patch.mark)
        case .sequence(let elements):
            let isReplaced = elements.contains { $0[directive]?.text == "replace" && $0.mapping?.pairs.count == 1 }
            let own = elements.filter { $0.mapping?.pairs.count != 1 || $0[directive] == nil }
            guard let key = keys[field], isTyped, !isReplaced else { return YAMLNode(.sequence(own), at: patch.mark) }
            var rest = value?.sequence ?? []
            let first = own.compactMap { element in
                let same = rest.firstIndex { $0[key]?.text == element[key]?.text }
                return merge(element, into: same.map { rest.remove(at: $0) }, field: "", isTyped: isTyped)
            }
            return YAMLNode(.sequence(first + rest), at: patch.mark)
        }
    }
}
