internal import Basics
internal import Glibc

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
            throw TransferError(object: object, reason: .archive, message: "is not a manifest of this program")
        }
        guard version <= Self.currentVersion else {
            throw TransferError(
                object: object, reason: .archive, message: "is a manifest of version \(version)",
                hint: "a newer kpipe-sidecar can read it")
        }
    }
}

/// Compares files with a manifest: size first, because that costs nothing, then SHA-256.
package struct ManifestCheck: Sendable {
    package enum Verdict: Sendable, Equatable {
        case matches
        /// No digest in the manifest: only the size was compared.
        case sizeMatches
        case fails(TransferError)
    }

    private let folder: ConfinedFolder
    private let meter: TransferMeter

    /// Throws when `folder` cannot be opened.
    package init(folder: String, meter: TransferMeter = TransferMeter()) throws(TransferError) {
        self.folder = try ConfinedFolder(folder)
        self.meter = meter
    }

    package func verdict(on file: Manifest.File) async -> Verdict {
        do throws(TransferError) {
            let path = try RelativeName.check(file.path, of: file.path)
            let source = try SourceFile(
                descriptor: try folder.openSource(path, O_RDONLY | O_NONBLOCK), display: folder.display(path))
            guard source.identity.size == file.size else {
                throw TransferError(
                    object: source.display, reason: .length(expected: file.size, found: source.identity.size),
                    message: "has \(source.identity.size) bytes, the manifest says \(file.size)")
            }
            guard let wanted = file.sha256 else { return .sizeMatches }
            guard let expected = Checksum(.sha256, hex: wanted) else {
                throw TransferError(
                    object: file.path, reason: .archive, message: "the manifest's sha256 is not 64 hexadecimal digits")
            }
            var digester = SourceDigester(sha256: true, algorithm: nil)
            _ = try await digester.passInPool(source, 0..<file.size, meter)
            guard let found = digester.digest, found == expected else {
                throw .mismatch(
                    source.display, expected, digester.digest ?? expected,
                    hint: "the file is not the one that was stored")
            }
            return .matches
        } catch {
            return .fails(error)
        }
    }
}
