internal import Basics
internal import HTTPTransport

/// The list of everything stored, itself stored last: who finds it finds all that it names.
package struct Manifest: Sendable, Equatable, Codable {
    private static let currentVersion = 1

    /// Of this format.
    var version: Int
    /// Who made it: `namespace`, `pod`, `uid`, `job`, `epoch` … as far as known.
    var step: [String: String]
    package var files: [File]
    /// Anything countable worth keeping: `objects`, `bytes`, peaks of the monitor.
    var summary: [String: String]

    package struct File: Sendable, Equatable, Codable {
        /// Below the folder of outputs.
        package var path: String
        var url: String
        var size: Int64
        /// Lower-case hexadecimal.
        var sha256: String?
        /// The store's own, as `Checksum.text` writes it.
        var checksum: String?
        /// Which of the object's versions it is, in a store that keeps some.
        var version: String?

        /// - Parameter url: an absolute path is kept as its `file://` URL.
        init(path: String, url: String, size: Int64, sha256: String?) {
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

    /// Reads a `ManifestDocument`; `object` names it in errors. Throws `.archive` for anything else.
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

/// A manifest as it is stored, written while it is sent: however many files it names, a few of them are text at a time.
/// Members and files stand in a fixed order, so that equal manifests are equal bytes.
///
/// Sendable: the transport calls it from one thread at a time, and its owner only before and after a request.
final class ManifestDocument: ObjectContent, @unchecked Sendable {
    private static let piece = 64 << 10

    private let head: [UInt8]
    private let tail: [UInt8]
    private let files: FileList
    /// Indices of `files`, by path.
    private let order: [Int32]
    private(set) var length: Int64?
    /// -1: the head; the number of files: the tail.
    private var position = -1
    private var piece: [UInt8] = []
    private var given = 0

    /// What `manifest` says beside its files, and `files` in the order of their paths.
    init(_ manifest: Manifest, files: FileList) throws(TransferError) {
        var frame = manifest
        frame.files = []
        let text: String
        do { text = try JSONCoding.encode(frame).prettyText } catch {
            throw TransferError("manifest", .configuration, "cannot be encoded: \(error)")
        }
        let empty = "\"files\": []"
        guard let place = text.firstRange(of: empty) else {
            throw TransferError("manifest", .protocolViolation, "has no place for files")
        }
        head = Array(text[..<place.lowerBound].utf8) + Array((files.isEmpty ? empty : "\"files\": [\n").utf8)
        tail = Array((files.isEmpty ? "" : "\n  ]").utf8) + Array(text[place.upperBound...].utf8)
        self.files = files
        order = files.indicesByPath
        var total: Int64 = 0
        while let piece = next() { total += Int64(piece.count) }
        length = total
        _ = rewind()
    }

    /// Some KiB more; `nil` at the end.
    func next() -> [UInt8]? {
        guard position <= order.count else { return nil }
        var bytes: [UInt8] = []
        repeat {
            switch position {
            case -1: bytes += head
            case order.count: bytes += tail
            default: append(Manifest.File(files[Int(order[position])]), to: &bytes)
            }
            position += 1
        } while position <= order.count && bytes.count < Self.piece
        return bytes
    }

    private func append(_ file: Manifest.File, to bytes: inout [UInt8]) {
        var lead = "    {\n      "
        func add(_ name: String, _ value: JSONValue?) {
            guard let value else { return }
            bytes += "\(lead)\"\(name)\": \(value.text)".utf8
            lead = ",\n      "
        }
        add("checksum", file.checksum.map { .string($0) })
        add("path", .string(file.path))
        add("sha256", file.sha256.map { .string($0) })
        add("size", .numeral("\(file.size)"))
        add("url", .string(file.url))
        add("version", file.version.map { .string($0) })
        bytes += (position < order.count - 1 ? "\n    },\n" : "\n    }").utf8
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep {
        if given == piece.count {
            guard let next = next() else { return .end }
            (piece, given) = (next, 0)
        }
        let count = min(buffer.count, piece.count - given)
        buffer.copyBytes(from: piece[given..<given + count])
        given += count
        return .filled(count)
    }

    func rewind() -> Bool {
        (position, piece, given) = (-1, [], 0)
        return true
    }
}

extension Manifest.File {
    init(_ file: TransferredFile) {
        self.init(path: file.path, url: file.url, size: file.size, sha256: file.sha256)
        (checksum, version) = (file.checksum?.text, file.version)
    }
}

extension TransferEngine {
    /// Stores a manifest that names `files`, with retries.
    package func put(_ manifest: Manifest, of files: FileList, to url: String, _ settings: StoreSettings)
        async throws(TransferError)
    {
        try await put(ManifestDocument(manifest, files: files), to: url, settings, "application/json")
    }
}
