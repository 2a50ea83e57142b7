internal import Basics

/// The list of everything stored, itself stored last: who finds it finds all that it names.
package struct Manifest: Sendable, Equatable, Codable {
    package static let currentVersion = 1

    /// Of this format.
    package var version: Int
    /// Who made it: `namespace`, `pod`, `uid`, `job`, `epoch` … as far as known.
    package var step: [String: String]
    package var files: [File]
    /// Anything countable worth keeping: `objects`, `bytes`, peaks of the monitor.
    package var summary: [String: String]

    package struct File: Sendable, Equatable, Codable {
        /// Below the folder of outputs.
        package var path: String
        package var url: String
        package var size: Int64
        /// Lower-case hexadecimal.
        package var sha256: String?
        /// The store's own, as `Checksum.text` writes it.
        package var checksum: String?
        /// Which of the object's versions it is, in a store that keeps some.
        package var version: String?

        /// - Parameter url: an absolute path is kept as its `file://` URL.
        package init(path: String, url: String, size: Int64, sha256: String?) {
            self.path = path
            self.url = Location.url(of: url)
            self.size = size
            self.sha256 = sha256
        }
    }

    package init(
        version: Int = Manifest.currentVersion, step: [String: String] = [:], files: [File],
        summary: [String: String] = [:]
    ) {
        self.version = version
        self.step = step
        self.files = files
        self.summary = summary
    }

    private enum CodingKeys: String, CodingKey {
        case version, step, files, summary
    }

    package init(from decoder: any Decoder) throws {
        let document = try decoder.container(keyedBy: CodingKeys.self)
        version = try document.decode(Int.self, forKey: .version)
        step = try document.decodeIfPresent([String: String].self, forKey: .step) ?? [:]
        files = try document.decode([File].self, forKey: .files)
        summary = try document.decodeIfPresent([String: String].self, forKey: .summary) ?? [:]
    }

    /// What says nothing is left out.
    package func encode(to encoder: any Encoder) throws {
        var document = encoder.container(keyedBy: CodingKeys.self)
        try document.encode(version, forKey: .version)
        if !step.isEmpty { try document.encode(step, forKey: .step) }
        try document.encode(files, forKey: .files)
        if !summary.isEmpty { try document.encode(summary, forKey: .summary) }
    }

    /// The document as it is stored: members and files in a fixed order, so that equal manifests are equal bytes.
    package func encoded() throws(TransferError) -> [UInt8] {
        let ordered = files.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let document = try ManifestDocument(self, count: ordered.count) { ordered[$0] }
        var bytes: [UInt8] = []
        while let piece = document.next() { bytes += piece }
        return bytes
    }

    /// Reads a document that `encoded` made; `object` names it in errors. Throws `.archive` for anything else.
    package init(_ bytes: [UInt8], from object: String) throws(TransferError) {
        do { self = try JSONCoding.decode(Manifest.self, from: bytes) } catch {
            throw TransferError(object, .archive, "is not a manifest of this program")
        }
        guard version <= Self.currentVersion else {
            throw TransferError(
                object, .archive, "is a manifest of version \(version)", hint: "a newer kpipe-sidecar can read it")
        }
    }
}
