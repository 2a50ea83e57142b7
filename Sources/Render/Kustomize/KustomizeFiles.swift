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
    /// Manifests, in the order in which they are met.
    private(set) var resources: [Resource] = []
    private var seen: Set<String> = []

    /// A file with objects, and what kustomizations on the way to it make of their names and labels.
    struct Resource {
        let path: String
        var renames: [(prefix: String, suffix: String)] = []
        var isRelabelled = false

        mutating func pass(through root: SourceNode) {
            let affixes = (prefix: root["namePrefix"]?.text ?? "", suffix: root["nameSuffix"]?.text ?? "")
            if affixes != ("", "") { renames.append(affixes) }
            let isRelabelling = ["commonLabels", "labels", "commonAnnotations"].contains { root[$0] != nil }
            isRelabelled = isRelabelled || isRelabelling
        }
    }

    init(_ read: @escaping (String) -> [UInt8]?) { self.read = read }

    /// Adds what a kustomization and its bases list. What lies behind an address is not read.
    mutating func add(_ root: SourceNode, in folder: String) {
        for field in ["resources", "bases", "components"] {
            for entry in root[field]?.elements ?? [] {
                guard let name = entry.text, !name.contains("://"), seen.count < Self.most else { continue }
                let path = Self.joined(folder, name)
                guard seen.insert(path).inserted else { continue }
                guard let (_, base) = kustomization(in: path) else {
                    resources.append(Resource(path: path))
                    continue
                }
                let start = resources.count
                add(base, in: path)
                for index in resources.indices[start...] { resources[index].pass(through: base) }
            }
        }
    }

    func kustomization(in folder: String) -> (String, SourceNode)? {
        for name in Self.names {
            let path = Self.joined(folder, name)
            if let bytes = read(path), let root = Self.root(of: bytes) { return (path, root) }
        }
        return nil
    }

    /// Of a file with one of Kustomize's own names, which need not say what it is.
    package static func isKustomization(_ path: String) -> Bool {
        names.contains(path.split(separator: "/").last.map(String.init) ?? "")
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
