import Conversion
import Glibc
import Render
import YAMLTree

/// Which of the files are kustomizations' patches: those are no manifests, and are never converted by themselves.
struct PatchFiles {
    private let paths: [String]

    init(_ listing: ManifestFiles.Listing) {
        paths = listing.files.map(\.path).filter { $0 != "-" }.map { KustomizeFiles.joined(".", $0) }
    }

    private static func read(_ path: String) -> [UInt8]? {
        guard !FileTest.isFolder(path),
            case .success(let bytes) = ManifestFiles.read(path, limit: StreamConverter.limits.bytes)
        else { return nil }
        return bytes
    }

    /// What becomes of the patches of all kustomizations that are named or found.
    func planned(_ options: ConversionOptions) -> [String: ConvertedStream] {
        var patches: [String: ConvertedStream] = [:]
        let listed = Set(paths)
        let kustomizations = paths.filter(KustomizeFiles.isKustomization)
        for path in kustomizations {
            let plan = KustomizePlan(path, options, isListed: listed.contains) { path in
                // An earlier overlay may patch by the same file.
                patches[path]?.output ?? Self.read(path)
            }
            patches.merge(plan?.files ?? [:]) { earlier, later in
                var later = later
                later.diagnostics = earlier.diagnostics + later.diagnostics.filter { !earlier.diagnostics.contains($0) }
                later.isChanged = later.isChanged || earlier.isChanged
                return later
            }
        }
        // Every overlay is built before and after, once all patches have followed.
        var converted: [String: [UInt8]] = [:]
        func after(_ path: String) -> [UInt8]? {
            if let known = patches[path]?.output ?? converted[path] { return known }
            let bytes = Self.read(path)
            guard listed.contains(path), let bytes else { return bytes }
            converted[path] = (try? StreamConverter(options).convert(bytes))?.output ?? bytes
            return converted[path]
        }
        var outcome = KustomizeOutcome(options, isListed: listed.contains, before: Self.read, after: after)
        for path in kustomizations {
            for (file, diagnostics) in outcome.findings(path) {
                // What is not converted is told of where it is listed.
                let place = listed.contains(file) ? file : path
                let told = patches[place]?.diagnostics ?? []
                let new = diagnostics.filter { one in
                    !told.contains(one) && !told.contains { $0.rule == Self.earlier(one.rule) }
                }
                patches[place]?.add(place == file ? new : new.map { $0.told(of: file) }, about: Self.read(place) ?? [])
            }
        }
        return patches
    }

    /// What says the same before anything is built.
    private static func earlier(_ rule: Rule) -> Rule? {
        switch rule {
        case .patchedOtherwise: .patches
        case .notReached: .notReached
        default: nil
        }
    }

    /// Files that a kustomization lists as patches which is not among those that are named or found itself: one in their
    /// folder or above it, up to the root of the repository.
    func stray() -> Set<String> {
        var listings: [String: Set<String>] = [:]
        return Set(
            paths.filter { path in
                guard !KustomizeFiles.isKustomization(path), let path = Self.absolute(path) else { return false }
                var folder = KustomizeFiles.folder(of: path)
                while true {
                    if listings[folder] == nil { listings[folder] = Self.patches(listedIn: folder) }
                    if listings[folder]?.contains(path) == true { return true }
                    if folder == "/" || access("\(folder)/.git", F_OK) == 0 { return false }
                    folder = KustomizeFiles.folder(of: folder)
                }
            })
    }

    private static func patches(listedIn folder: String) -> Set<String> {
        Set(
            KustomizeFiles.names.flatMap { name in
                let path = KustomizeFiles.joined(folder, name)
                return read(path).map { KustomizePlan.patchFiles(in: $0, at: path) } ?? []
            })
    }

    private static func absolute(_ path: String) -> String? {
        guard !path.hasPrefix("/") else { return path }
        guard let working = getcwd(nil, 0) else { return nil }
        defer { free(working) }
        return KustomizeFiles.joined(String(cString: working), path)
    }
}
