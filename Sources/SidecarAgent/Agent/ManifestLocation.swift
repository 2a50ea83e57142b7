import Transfer

/// Where the manifest of a step's outputs goes: into every folder that outputs go to, so that a reader of any of them
/// finds it; beside the object where an output has a name of its own.
enum ManifestLocation {
    static let name = "kpipe-manifest.json"

    /// Each URL once, in the order of the outputs. A URL with a query is signed for one object alone and gets none.
    static func urls(for outputs: [OutputRequest]) -> [String] {
        var urls: [String] = []
        for output in outputs where !output.to.contains("?") {
            let isFolder = output.to.hasSuffix("/")
            let isMany = output.from.contains { "*?[{".contains($0) }
            let url = isFolder ? output.to + name : isMany ? "\(output.to)/\(name)" : "\(output.to).\(name)"
            if !urls.contains(url) { urls.append(url) }
        }
        return urls
    }
}
