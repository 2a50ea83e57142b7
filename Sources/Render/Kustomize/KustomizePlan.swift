package import Conversion
internal import YAMLTree

/// What is to become of a kustomization's patches when the containers that they name move: those that would miss are
/// rewritten, wherever they stand.
package struct KustomizePlan {
    /// Files that hold patches, and the kustomization itself, as they are to be. A patch is no manifest: it is never
    /// converted by itself.
    package private(set) var files: [String: ConvertedStream] = [:]

    private let options: ConversionOptions
    private let sources: KustomizeFiles
    private let isListed: (String) -> Bool
    private var moves = KustomizeMoves()
    private var seen: Set<String> = []

    /// - Parameters:
    ///   - path: of the kustomization, without `.` and `..` in it.
    ///   - isListed: whether a file is converted too; of others nothing moves.
    ///   - read: the bytes of a file; `nil` where there is none.
    package init?(
        _ path: String, _ options: ConversionOptions, isListed: @escaping (String) -> Bool = { _ in true },
        read: @escaping (String) -> [UInt8]?
    ) {
        guard options.direction == .toNative, let bytes = read(path), let root = KustomizeFiles.root(of: bytes),
            Self.isKustomization(root)
        else { return nil }
        self.options = options
        self.isListed = isListed
        var sources = KustomizeFiles(read)
        sources.add(root, in: KustomizeFiles.folder(of: path))
        self.sources = sources
        for resource in sources.resources {
            guard let bytes = read(resource.path) else { continue }
            moves.add(bytes, resource, options, isListed: isListed(resource.path))
        }
        plan(path, root, bytes)
    }

    /// The name of the file says it where nothing else does.
    private static func isKustomization(_ root: SourceNode) -> Bool {
        root.isMapping && ["Kustomization", "Component"].contains(root["kind"]?.text ?? "Kustomization")
    }

    /// Paths of the patches that a kustomization lists.
    package static func patchFiles(in bytes: [UInt8], at path: String) -> [String] {
        guard let root = KustomizeFiles.root(of: bytes), isKustomization(root) else { return [] }
        let folder = KustomizeFiles.folder(of: path)
        return KustomizePatch.all(of: root).compactMap(\.file).map { KustomizeFiles.joined(folder, $0) }
    }

    private mutating func plan(_ path: String, _ root: SourceNode, _ bytes: [UInt8]) {
        guard seen.insert(path).inserted else { return }
        let folder = KustomizeFiles.folder(of: path)
        var own = Rewriting(bytes, moves, options)
        for patch in KustomizePatch.all(of: root) {
            if let file = patch.file {
                let path = KustomizeFiles.joined(folder, file)
                guard let bytes = files[path]?.output ?? sources.read(path) else { continue }
                var change = Rewriting(bytes, moves, options)
                change.rewrite(patch.target)
                let stream = change.stream(after: files[path])
                if stream.isChanged, !isListed(path) {
                    own.warn(at: patch.place, "\(file) names a container that moves, and is not converted itself")
                } else {
                    files[path] = stream
                }
            } else if let text = patch.text {
                own.rewrite(inline: text, patch.target)
            }
        }
        for replacement in root["replacements"]?.elements ?? [] {
            guard let file = replacement["path"]?.text else {
                own.rewrite(replacement: replacement)
                continue
            }
            let path = KustomizeFiles.joined(folder, file)
            guard let bytes = files[path]?.output ?? sources.read(path), let root = KustomizeFiles.root(of: bytes)
            else { continue }
            var change = Rewriting(bytes, moves, options)
            for replacement in root.elements ?? [root] { change.rewrite(replacement: replacement) }
            files[path] = change.stream(after: files[path])
        }
        for variable in root["vars"]?.elements ?? [] { own.look(atVariable: variable) }
        for entry in root["transformers"]?.elements ?? [] {
            guard let text = entry.text else { continue }
            let bytes = text.contains("\n") ? Array(text.utf8) : sources.read(KustomizeFiles.joined(folder, text))
            own.look(atTransformer: entry, bytes ?? [])
        }
        // A component patches what those that list it stand on.
        for entry in root["components"]?.elements ?? [] {
            guard let name = entry.text,
                let (path, root) = sources.kustomization(in: KustomizeFiles.joined(folder, name)),
                let bytes = sources.read(path)
            else { continue }
            plan(path, root, bytes)
            if files[path]?.isChanged == true, !isListed(path) {
                own.warn(at: entry, "\(name) names a container that moves, and is not converted itself")
            }
        }
        files[path] = own.stream(after: nil)
    }
}

/// A patch that a kustomization lists: a file, or a text that stands in it.
struct KustomizePatch {
    let place: SourceNode
    var file: String?
    var text: SourceNode?
    var target = KustomizeTarget(nil)

    static func all(of root: SourceNode) -> [KustomizePatch] {
        var patches: [KustomizePatch] = []
        for field in ["patches", "patchesJson6902"] {
            for entry in root[field]?.elements ?? [] where entry.isMapping {
                patches.append(
                    KustomizePatch(
                        place: entry, file: entry["path"]?.text, text: entry["patch"],
                        target: KustomizeTarget(entry["target"])))
            }
        }
        for entry in root["patchesStrategicMerge"]?.elements ?? [] {
            let isInline = entry.scalar?.text.contains("\n") == true
            patches.append(
                KustomizePatch(place: entry, file: isInline ? nil : entry.text, text: isInline ? entry : nil))
        }
        return patches
    }
}

/// What moves in all objects that a kustomization stands on.
struct KustomizeMoves {
    private(set) var sure: [ContainerMoves] = []
    /// Of files that are not converted along: what would move there.
    private var pending: [ContainerMoves] = []

    mutating func add(
        _ bytes: [UInt8], _ resource: KustomizeFiles.Resource, _ options: ConversionOptions, isListed: Bool
    ) {
        sure += ContainerMoves.all(in: bytes, resource, options, isConverted: isListed)
        if !isListed { pending += ContainerMoves.all(in: bytes, resource, options) }
    }

    /// Whether a container changes its place, here or once its file is converted along.
    var areAny: Bool { (sure + pending).contains(where: \.isChanged) }

    /// Those that a patch is for, and those of which it cannot be told, or that do not move yet.
    func matched(by target: KustomizeTarget) -> (sure: [ContainerMoves], doubtful: [ContainerMoves]) {
        let found = sure.map { (move: $0, isMatch: target.matches($0.object)) }
        return (
            found.filter { $0.isMatch == true }.map(\.move),
            found.filter { $0.isMatch == nil }.map(\.move) + pending.filter { target.matches($0.object) != false }
        )
    }
}
