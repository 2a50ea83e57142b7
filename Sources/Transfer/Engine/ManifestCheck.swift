import Glibc

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
