internal import Basics
internal import Glibc
internal import WorkdirProtocol

/// Compares what a manifest names with what is there: size first, because that costs nothing, then the digest.
package struct ManifestCheck: Sendable {
    package enum Verdict: Sendable, Equatable {
        case matches
        /// Nothing but the size was compared: there is no digest, or none was wanted.
        case sizeMatches
        case fails(TransferError)
    }

    /// Where the files are that are compared.
    private enum Place: Sendable {
        case folder(ConfinedFolder)
        /// Below a prefix of a store.
        case prefix(ResolvedURL)
        /// Where each was stored.
        case own
    }

    private let place: Place
    private let engine: TransferEngine
    /// Content is read and digested; else only what costs a question is compared.
    private let reads: Bool
    private let settings: StoreSettings

    /// - Parameter place: a folder, or the prefix of a store; `nil`: each file's own URL. Throws when it cannot be opened.
    package init(
        _ place: String?, engine: TransferEngine, settings: StoreSettings = .init(), reads: Bool = true
    ) throws(TransferError) {
        if let place, let location = try? Location(place), location.isLocal {
            self.place = .folder(try ConfinedFolder(location.key))
        } else if let place {
            self.place = .prefix(try engine.stores.resolve(place.hasSuffix("/") ? place : place + "/", settings))
        } else {
            self.place = .own
        }
        (self.engine, self.settings, self.reads) = (engine, settings, reads)
    }

    /// All verdicts, in the order of the files; several are made at once.
    package func verdicts(on files: [Manifest.File], _ told: (Manifest.File, Verdict) -> Void) async {
        try? await inOrder(files.count, ahead: Self.window) { (index) async throws(TransferError) in
            await verdict(on: files[index])
        } _: { (index, verdict) async throws(TransferError) in
            told(files[index], verdict)
        }
    }

    /// Objects looked at at once; local files are read one after the other by the pool's threads.
    private static let window = 64

    private func verdict(on file: Manifest.File) async -> Verdict {
        do throws(TransferError) {
            switch place {
            case .folder(let folder):
                return try await first(of: file) { (name) async throws(TransferError) in
                    try await compare(file, name, in: folder)
                }
            case .prefix(let prefix):
                return try await first(of: file) { (name) async throws(TransferError) in
                    let key = prefix.key + prefix.store.traits.inKey(name)
                    return try await compare(file, with: StreamTransfer.End(prefix, key))
                }
            case .own:
                let object = try engine.stores.resolve(file.url, settings)
                return try await compare(file, with: StreamTransfer.End(object, object.key))
            }
        } catch {
            return .fails(error)
        }
    }

    /// A file is looked for by its path, as it lay in the folder of outputs, and by its name in the place where it was stored,
    /// as it lies in a copy of that place. Where neither is right, the fault is told of the one that is there.
    private func first(
        of file: Manifest.File, _ compare: (String) async throws(TransferError) -> Verdict
    ) async throws(TransferError) -> Verdict {
        var fault: TransferError?
        for name in [file.path] + (file.storedName.map { [$0] } ?? []) {
            do throws(TransferError) { return try await compare(name) } catch {
                if fault == nil || fault?.exitCode == .noInput && error.exitCode != .noInput { fault = error }
            }
        }
        throw fault ?? TransferError(file.path, .notFound, "has no name")
    }

    private func compare(
        _ file: Manifest.File, _ name: String, in folder: ConfinedFolder
    ) async throws(TransferError) -> Verdict {
        let path = try RelativeName.check(name, of: name)
        let source = try SourceFile(
            descriptor: try folder.openSource(path, O_RDONLY | O_NONBLOCK), display: folder.display(path))
        try compareSize(file, source.identity.size, source.display)
        guard reads, let expected = try digest(of: file) else { return .sizeMatches }
        var digester = SourceDigester(sha256: true, algorithm: nil)
        _ = try await digester.passInPool(source, 0..<file.size, engine.meter)
        guard let found = digester.digest, found == expected else {
            throw .mismatch(
                source.display, expected, digester.digest ?? expected, hint: "the file is not the one that was stored")
        }
        return .matches
    }

    /// The store is asked what it has, and what it has is read.
    private func compare(_ file: Manifest.File, with object: StreamTransfer.End) async throws(TransferError) -> Verdict
    {
        let streams = engine.streams { _ in }
        let info = try await streams.describe(object, nil)
        if let size = info.size { try compareSize(file, size, object.url) }
        let hint = "the object is not the one that was stored"
        if let told = file.checksum.flatMap({ Checksum(text: $0) }), let found = info.wholeChecksum(or: info),
            told.algorithm == found.algorithm, told != found
        {
            throw .mismatch(object.url, told, found, hint: hint)
        }
        guard reads, let expected = try digest(of: file) else { return .sizeMatches }
        var digest = MessageDigest(.sha256)
        var size: Int64 = 0
        _ = try await engine.room.holding(object.url, bytes: StreamTransfer.readAhead) {
            () async throws(TransferError) in
            try await streams.forEachPiece(of: object, info, size: 1 << 20) { (bytes) throws(TransferError) in
                size += Int64(bytes.count)
                bytes.withUnsafeBytes { digest.update($0) }
            }
        }
        try compareSize(file, size, object.url)
        guard digest.checksum == expected else { throw .mismatch(object.url, expected, digest.checksum, hint: hint) }
        return .matches
    }

    private func compareSize(_ file: Manifest.File, _ size: Int64, _ object: String) throws(TransferError) {
        guard size != file.size else { return }
        throw TransferError(
            object, .checksum(expected: "\(file.size) bytes", found: "\(size) bytes"),
            "has \(size) bytes, the manifest says \(file.size)")
    }

    private func digest(of file: Manifest.File) throws(TransferError) -> Checksum? {
        guard let wanted = file.sha256 else { return nil }
        guard let expected = Checksum(.sha256, hex: wanted) else {
            throw TransferError(file.path, .archive, "the manifest's sha256 is not 64 hexadecimal digits")
        }
        return expected
    }
}

extension Manifest.File {
    /// What `url` says behind the place that an output's files went to, where that is not `path`: what both end in, and at least
    /// the object's own name.
    var storedName: String? {
        let isEncoded = ["http://", "https://", "file://"].contains { url.hasPrefix($0) }
        // A key may have a question mark in it, and a URL that is one object's has a query behind its name.
        let location = isEncoded ? url.prefix { $0 != "?" } : url[...]
        let stored = location.split(separator: "/").map {
            isEncoded ? PercentEncoding.decode($0) ?? String($0) : String($0)
        }
        let segments = path.split(separator: "/").map(String.init)
        let common = zip(segments.reversed(), stored.reversed()).prefix { $0.isSame(as: $1) }.count
        let name = stored.suffix(max(1, common)).joined(separator: "/")
        return name.isSame(as: path) ? nil : name
    }
}
