internal import Basics

/// What became of files, in about a hundred bytes each, because there may be hundreds of thousands: names stand one behind
/// the other, and what the URLs of a folder begin with stands once.
package struct FileList: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private struct Entry {
        /// Where its bytes begin: the path, then of the URL what the others do not say, then the digest.
        var start: Int
        var size: Int64
        var path: UInt32
        var ownURL: UInt32
        /// Last bytes of the path that are the URL's last, too.
        var shared: UInt32
        /// Of `prefixes`.
        var prefix: UInt16
        var hasDigest: Bool
    }

    private static let digestLength = 32
    /// URLs that share nothing cost their own length.
    private static let prefixesKept = 1024

    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    private var prefixes: [String] = [""]
    private var known: [ByteKey: UInt16] = [:]

    package init() {}

    package init(arrayLiteral files: TransferredFile...) { self.init(files) }

    package init(_ files: some Sequence<TransferredFile>) { for file in files { append(file) } }

    package var startIndex: Int { 0 }
    package var endIndex: Int { entries.count }

    package subscript(index: Int) -> TransferredFile {
        let entry = entries[index]
        let path = path(index)
        let digest = bytes[(entry.start + path.count + Int(entry.ownURL))...].prefix(Self.digestLength)
        let url = bytes[(entry.start + path.count)...].prefix(Int(entry.ownURL)) + path.suffix(Int(entry.shared))
        return TransferredFile(
            path: String(decoding: path, as: UTF8.self),
            url: prefixes[Int(entry.prefix)] + String(decoding: url, as: UTF8.self), size: entry.size,
            sha256: entry.hasDigest ? Hex.encode(Array(digest)) : nil)
    }

    package mutating func append(_ file: TransferredFile) {
        let path = file.path.utf8
        let url = Array(file.url.utf8)
        let shared = zip(path.reversed(), url.reversed()).prefix { $0 == $1 }.count
        let (prefix, own) = split(url.dropLast(shared))
        let digest = file.sha256.flatMap { Hex.decode($0) }.flatMap { $0.count == Self.digestLength ? $0 : nil }
        entries.append(
            Entry(
                start: bytes.count, size: file.size, path: UInt32(path.count), ownURL: UInt32(own.count),
                shared: UInt32(shared), prefix: prefix, hasDigest: digest != nil))
        bytes += path
        bytes += own
        bytes += digest ?? []
    }

    package static func += (list: inout FileList, other: FileList) {
        if list.isEmpty { list = other } else { for file in other { list.append(file) } }
    }

    /// Of all files. Sizes may come from a journal that others could write.
    package var size: Int64 {
        entries.reduce(0) { sum, entry in
            let (total, overflow) = sum.addingReportingOverflow(entry.size)
            return overflow ? .max : total
        }
    }

    /// Indices in the order of the paths' bytes.
    package var indicesByPath: [Int32] {
        (0..<Int32(entries.count)).sorted { path(Int($0)).lexicographicallyPrecedes(path(Int($1))) }
    }

    private func path(_ index: Int) -> ArraySlice<UInt8> {
        let entry = entries[index]
        return bytes[entry.start..<entry.start + Int(entry.path)]
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
