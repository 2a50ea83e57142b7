internal import Basics

/// What became of files, in about a hundred bytes each, because there may be hundreds of thousands: names stand one behind
/// the other, what the URLs of a folder begin with stands once, and nothing is moved as the list grows.
package struct FileList: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private struct Entry {
        /// Where its bytes begin: the path, then of the URL what the others do not say, the digest, the store's checksum and
        /// its version.
        var piece: UInt32
        var start: UInt32
        var size: Int64
        var path: UInt32
        var ownURL: UInt32
        /// Last bytes of the path that are the URL's last, too.
        var shared: UInt16
        /// Of `prefixes`.
        var prefix: UInt16
        var version: UInt16
        var algorithm: ChecksumAlgorithm?
        var hasDigest: Bool
    }

    /// URLs that share nothing cost their own length.
    private static let prefixesKept = 1024
    private static let pieceSize = 64 << 10
    private static let entriesInPiece = 1024

    private var pieces: [[UInt8]] = []
    /// Each but the last is full.
    private var entries: [[Entry]] = []
    private var prefixes: [String] = [""]
    private var known: [ByteKey: UInt16] = [:]

    package init() {}

    package init(arrayLiteral files: TransferredFile...) { self.init(files) }

    package init(_ files: some Sequence<TransferredFile>) { for file in files { append(file) } }

    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.last.map { (entries.count - 1) * Self.entriesInPiece + $0.count } ?? 0 }

    package subscript(index: Int) -> TransferredFile {
        let entry = entry(index)
        var rest = pieces[Int(entry.piece)][Int(entry.start)...]
        func take(_ count: Int) -> ArraySlice<UInt8> {
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
        let path = take(Int(entry.path))
        let url = take(Int(entry.ownURL)) + path.suffix(Int(entry.shared))
        var file = TransferredFile(
            path: String(decoding: path, as: UTF8.self),
            url: prefixes[Int(entry.prefix)] + String(decoding: url, as: UTF8.self), size: entry.size)
        if entry.hasDigest { file.sha256 = Hex.encode(Array(take(ChecksumAlgorithm.sha256.length))) }
        file.checksum = entry.algorithm.map { Checksum($0, Array(take($0.length))) }
        if entry.version > 0 { file.version = String(decoding: take(Int(entry.version)), as: UTF8.self) }
        return file
    }

    package mutating func append(_ file: TransferredFile) {
        let path = file.path.utf8
        let url = Array(file.url.utf8)
        let shared = zip(path.reversed(), url.reversed()).prefix(Int(UInt16.max)).prefix { $0 == $1 }.count
        let (prefix, own) = split(url.dropLast(shared))
        let digest = file.sha256.flatMap { Checksum(.sha256, hex: $0) }
        let version = Array((file.version ?? "").utf8.prefix(Int(UInt16.max)))
        let bytes = Array(path) + own + (digest?.bytes ?? []) + (file.checksum?.bytes ?? []) + version
        let entry = Entry(
            piece: 0, start: 0, size: file.size, path: UInt32(path.count), ownURL: UInt32(own.count),
            shared: UInt16(shared), prefix: prefix, version: UInt16(version.count),
            algorithm: file.checksum?.algorithm, hasDigest: digest != nil)
        append(entry, bytes)
    }

    private mutating func append(_ entry: Entry, _ bytes: [UInt8]) {
        if pieces.last.map({ $0.count + bytes.count > Self.pieceSize }) ?? true {
            var piece: [UInt8] = []
            piece.reserveCapacity(Swift.max(Self.pieceSize, bytes.count))
            pieces.append(piece)
        }
        if entries.last.map({ $0.count == Self.entriesInPiece }) ?? true {
            var piece: [Entry] = []
            piece.reserveCapacity(Self.entriesInPiece)
            entries.append(piece)
        }
        let last = pieces.count - 1
        var entry = entry
        (entry.piece, entry.start) = (UInt32(last), UInt32(pieces[last].count))
        pieces[last] += bytes
        entries[entries.count - 1].append(entry)
    }

    package static func += (list: inout FileList, other: FileList) {
        if list.isEmpty { list = other } else { for file in other { list.append(file) } }
    }

    /// Of all files. Sizes may come from a journal that others could write.
    package var size: Int64 {
        entries.joined().reduce(0) { sum, entry in
            let (total, overflow) = sum.addingReportingOverflow(entry.size)
            return overflow ? .max : total
        }
    }

    /// Indices in the order of the paths' bytes.
    package var indicesByPath: [Int32] {
        (0..<Int32(count)).sorted { path(Int($0)).lexicographicallyPrecedes(path(Int($1))) }
    }

    private func entry(_ index: Int) -> Entry { entries[index / Self.entriesInPiece][index % Self.entriesInPiece] }

    private func path(_ index: Int) -> ArraySlice<UInt8> {
        let entry = entry(index)
        return pieces[Int(entry.piece)][Int(entry.start)..<Int(entry.start + entry.path)]
    }

    private mutating func split(_ url: ArraySlice<UInt8>) -> (prefix: UInt16, own: ArraySlice<UInt8>) {
        let text = String(decoding: url, as: UTF8.self)
        if let index = known[ByteKey(text)] { return (index, []) }
        guard prefixes.count < Self.prefixesKept else { return (0, url) }
        prefixes.append(text)
        known[ByteKey(text)] = UInt16(prefixes.count - 1)
        return (UInt16(prefixes.count - 1), [])
    }
}
