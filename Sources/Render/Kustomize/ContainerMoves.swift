internal import Conversion
internal import YAMLTree

/// What a conversion does to the containers of one object: where each was, and where it is then.
struct ContainerMoves {
    let object: KustomizeObject
    private let old: ManifestPod
    private let new: ManifestPod
    /// Those that are native afterwards, whether they became it now or earlier.
    let natives: Set<String>
    /// Whether a container has another place afterwards.
    let isChanged: Bool

    private init(_ old: ManifestPod, _ new: ManifestPod, _ resource: KustomizeFiles.Resource, isChanged: Bool) {
        object = KustomizeObject(old.place.object, resource)
        (self.old, self.new, self.isChanged) = (old, new, isChanged)
        natives = Set(new.initContainers.filter(\.isNativeSidecar).map(\.name))
    }

    /// Whether one of its containers is ordinary afterwards.
    func keeps(_ container: String) -> Bool { new.containers.contains { $0.name == container } }

    /// Of the pods in a file; those of one that is not converted are what they are.
    static func all(
        in bytes: [UInt8], _ resource: KustomizeFiles.Resource, _ options: ConversionOptions, isConverted: Bool = true
    ) -> [ContainerMoves] {
        guard let output = isConverted ? (try? StreamConverter(options).convert(bytes))?.output : bytes,
            let old = try? ManifestPod.all(in: bytes, podSpecPaths: options.podSpecPaths),
            let new = try? ManifestPod.all(in: output, podSpecPaths: options.podSpecPaths), old.count == new.count
        else { return [] }
        return zip(old, new).map {
            ContainerMoves($0, $1, resource, isChanged: $0.containers.count != $1.containers.count)
        }
    }

    // MARK: JSON pointers

    /// A JSON pointer as it has to be afterwards: `/spec/template/spec/containers/1/image` may lead to the first init
    /// container then. `nil` where it leads to the place that a whole container takes, or to something that went.
    ///
    /// - Parameter adds: the place itself need not be there.
    func pointer(_ path: String, adds: Bool) -> String? {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard isChanged, parts.count > 1 else { return path }
        guard
            let list = parts.indices.first(where: { index in
                index > 0 && parts[index - 1] == "spec"
                    && (parts[index] == "containers" || parts[index] == "initContainers")
            })
        else {
            let rest = Self.followed(parts.dropFirst(), old.place.object, new.place.object, adds)
            return rest == nil ? nil : path
        }
        guard parts.count > list + 2 else { return parts.last == "-" ? path : nil }
        let containers = parts[list] == "containers" ? old.containers : old.initContainers
        guard let index = Int(parts[list + 1]), containers.indices.contains(index) else { return nil }
        let container = containers[index]
        let inits = new.initContainers.firstIndex { $0.name == container.name }
        guard let place = inits ?? new.containers.firstIndex(where: { $0.name == container.name }),
            let rest = Self.followed(
                parts[(list + 2)...], container.node,
                (inits == nil ? new.containers : new.initContainers)[place].node, adds)
        else { return nil }
        let field = inits == nil ? "containers" : "initContainers"
        return (parts[..<list] + [field, String(place)] + rest).joined(separator: "/")
    }

    /// The rest of a pointer in what came of a value: elements are found again by their names.
    private static func followed(
        _ path: ArraySlice<String>, _ old: SourceNode, _ new: SourceNode, _ adds: Bool
    ) -> [String]? {
        guard let step = path.first else { return [] }
        let rest = path.dropFirst()
        if let elements = old.elements {
            guard let others = new.elements else { return nil }
            if step == "-" { return Array(path) }
            guard let index = Int(step) else { return nil }
            if index == elements.count { return [String(others.count)] + rest }
            guard elements.indices.contains(index) else { return nil }
            let name = elements[index]["name"]?.text
            let same = name.map { name in others.firstIndex { $0["name"]?.text == name } }
            guard let place = same ?? (elements.count == others.count ? index : nil) else { return nil }
            return followed(rest, elements[index], others[place], adds).map { [String(place)] + $0 }
        }
        let key = step.replacing("~1", with: "/").replacing("~0", with: "~")
        guard let value = old[key] else { return Array(path) }
        guard let other = new[key] else { return adds && rest.isEmpty ? [step] : nil }
        return followed(rest, value, other, adds).map { [step] + $0 }
    }

    /// A path of a replacement as it has to be afterwards: `spec.template.spec.containers.[name=side].image`. `nil` where
    /// it names a place that another container may have then.
    func fieldPath(_ path: String) -> String? {
        guard isChanged || !natives.isEmpty else { return path }
        let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard
            let list = parts.indices.first(where: { index in
                index > 0 && parts[index - 1] == "spec" && parts[index] == "containers" && index + 1 < parts.count
            })
        else { return path }
        let element = parts[list + 1]
        guard element.hasPrefix("[name="), element.hasSuffix("]") else { return isChanged ? nil : path }
        guard natives.contains(String(element.dropFirst(6).dropLast())) else { return path }
        return (parts[..<list] + ["initContainers"] + parts[(list + 1)...]).joined(separator: ".")
    }
}
