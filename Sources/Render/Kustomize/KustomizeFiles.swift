internal import Conversion
internal import YAMLTree

/// The files of a kustomization and of all that it stands on, asked for by path.
package struct KustomizeFiles {
    /// Kustomize's own names for its file.
    package static let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
    /// More than anybody has: a circle of bases ends here.
    private static let most = 2000

    /// The bytes of a file; `nil` where there is none.
    let read: (String) -> [UInt8]?
    /// Paths of manifests, in the order in which they are met.
    private(set) var resources: [String] = []
    private var seen: Set<String> = []

    init(_ read: @escaping (String) -> [UInt8]?) { self.read = read }

    /// Adds what a kustomization and its bases list. What lies behind an address is not read.
    mutating func add(_ root: SourceNode, in folder: String) {
        for field in ["resources", "bases", "components"] {
            for entry in root[field]?.elements ?? [] {
                guard let name = entry.text, !name.contains("://"), seen.count < Self.most else { continue }
                let path = Self.joined(folder, name)
                guard seen.insert(path).inserted else { continue }
                if let (_, base) = kustomization(in: path) {
                    add(base, in: path)
                } else {
                    resources.append(path)
                }
            }
        }
    }

    private func kustomization(in folder: String) -> (String, SourceNode)? {
        for name in Self.names {
            let path = Self.joined(folder, name)
            if let bytes = read(path), let root = Self.root(of: bytes) { return (path, root) }
        }
        return nil
    }

    static func root(of bytes: [UInt8]) -> SourceNode? {
        var reader = try? SourceReader(bytes, limits: StreamConverter.limits)
        return (try? reader?.document())?.root
    }

    /// Without `.` and what `..` takes back.
    package static func joined(_ folder: String, _ name: String) -> String {
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." { parts.removeLast() } else { parts.append(part) }
        }
        return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    }

    package static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    }
}

/// What a conversion does to the containers of one object: where each was, and where it is then.
struct ContainerMoves {
    let kind: String
    let name: String
    private let before: (containers: [String], inits: [String])
    private let after: (containers: [String], inits: [String])
    /// Those that are native afterwards, whether they became it now or earlier.
    let natives: Set<String>

    private init(_ old: ManifestPod, _ new: ManifestPod) {
        let object = old.place.object
        kind = object["kind"]?.text ?? ""
        name = object.at("metadata", "name")?.text ?? ""
        before = (old.containers.map(\.name), old.initContainers.map(\.name))
        after = (new.containers.map(\.name), new.initContainers.map(\.name))
        natives = Set(new.initContainers.filter(\.isNativeSidecar).map(\.name))
    }

    static func all(in bytes: [UInt8], _ options: ConversionOptions) -> [ContainerMoves] {
        guard let converted = try? StreamConverter(options).convert(bytes),
            let old = try? ManifestPod.all(in: bytes, podSpecPaths: options.podSpecPaths),
            let new = try? ManifestPod.all(in: converted.output, podSpecPaths: options.podSpecPaths),
            old.count == new.count
        else { return [] }
        return zip(old, new).map { ContainerMoves($0, $1) }.filter { !$0.natives.isEmpty }
    }

    /// A JSON pointer as it has to be afterwards: `/spec/template/spec/containers/1/image` may lead to the first init
    /// container then. `nil` where it leads to the place that a whole container takes, or to none.
    func pointer(_ path: String) -> String? {
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard
            let list = parts.indices.dropLast().first(where: { index in
                index > 0 && parts[index - 1] == "spec"
                    && (parts[index] == "containers" || parts[index] == "initContainers")
            })
        else { return path }
        let names = parts[list] == "containers" ? before.containers : before.inits
        guard parts.count > list + 2 else { return parts[list + 1] == "-" ? path : nil }
        guard let index = Int(parts[list + 1]), names.indices.contains(index) else { return nil }
        let name = names[index]
        if let place = after.inits.firstIndex(of: name) {
            (parts[list], parts[list + 1]) = ("initContainers", String(place))
        } else if let place = after.containers.firstIndex(of: name) {
            (parts[list], parts[list + 1]) = ("containers", String(place))
        } else {
            return nil
        }
        return parts.joined(separator: "/")
    }
}
