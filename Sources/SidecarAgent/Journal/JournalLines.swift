import Basics
import Glibc

/// The lines of a journal that lies on disk, a piece in memory at a time: it may hold hundreds of thousands.
struct JournalLines {
    private static let piece = 256 << 10
    /// No record is longer.
    private static let longestLine = 1 << 20

    let file: Int32

    /// Gives each line without its line feed, and where it begins. What no record can be is passed over.
    func forEach(upTo limit: Int, _ body: (ArraySlice<UInt8>, _ place: Int) -> Void) {
        var rest: [UInt8] = []
        var restPlace = 0
        var offset = 0
        while offset < limit {
            let piece = read(at: offset, Self.piece)
            if piece.isEmpty { break }
            offset += piece.count
            rest += piece
            var start = 0
            while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if end > start { body(rest[start..<end], restPlace + start) }
                start = end + 1
            }
            rest.removeFirst(start)
            restPlace += start
            if rest.count > Self.longestLine { (rest, restPlace) = ([], offset) }
        }
        if !rest.isEmpty { body(rest[...], restPlace) }
    }

    /// The line that begins at `place`; `nil` where none does any more.
    func line(at place: Int) -> [UInt8]? {
        var length = 1 << 10
        while length <= Self.longestLine {
            let bytes = read(at: place, length)
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) { return Array(bytes[..<end]) }
            // The last one may have been torn by a kill; its checksum tells.
            if bytes.count < length { return bytes.isEmpty ? nil : bytes }
            length *= 8
        }
        return nil
    }

    private func read(at offset: Int, _ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
            filled = max(0, Descriptor.read(file, into: room, at: Int64(offset)))
        }
    }
}

/// Where in a journal the last record of each key stands: some dozen bytes a key, where the record itself has hundreds. Two
/// keys of one hash cost the repetition of a transfer, because the record that is found names another.
struct RecordIndex: Sendable, Equatable {
    private var places = HashIndex()

    var count: Int { places.count }
    /// In the order of the file.
    var all: [Int] { places.all.sorted() }

    subscript(key: String) -> Int? {
        get { places[Self.hash(key)] }
        set { places[Self.hash(key)] = newValue }
    }

    static func == (left: RecordIndex, right: RecordIndex) -> Bool { left.all == right.all }

    private static func hash(_ key: String) -> UInt64 {
        var hasher = Hasher()
        for byte in key.utf8 { hasher.combine(byte) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
