internal import Basics

/// What became of files, in about a hundred bytes each, because there may be hundreds of thousands: a message each, one behind
/// the other, and what the URLs of a folder begin with stands once.
package struct FileList: Sendable, RandomAccessCollection, ExpressibleByArrayLiteral {
    private enum Field {
        static let path = 1
        /// Of the URL what the others do not say.
        static let ownURL = 2
        static let size = 3
        /// Of `prefixes`.
        static let prefix = 4
        /// Last bytes of the path that are the URL's last, too.
        static let shared = 5
        static let digest = 6
        static let algorithm = 7
        static let checksum = 8
        static let version = 9
    }

    /// URLs that share nothing cost their own length.
    private static let prefixesKept = 1024
    private static let placesInPiece = 1024

    private var bytes = BytePieces()
    /// Each but the last is full.
    private var places: [[BytePieces.Place]] = []
    private var prefixes: [String] = [""]
    private var known: [ByteKey: Int] = [:]
    /// Of all files. Sizes may come from a journal that others could write.
    private(set) var size: Int64 = 0

    init() {}

    package init(arrayLiteral files: TransferredFile...) { self.init(files) }

    package init(_ files: some Sequence<TransferredFile>) { for file in files { append(file) } }

    package var startIndex: Int { 0 }
    package var endIndex: Int { places.last.map { (places.count - 1) * Self.placesInPiece + $0.count } ?? 0 }

    package subscript(index: Int) -> TransferredFile {
        var file = TransferredFile(path: "", url: "", size: 0)
        var (prefix, shared) = (0, 0)
        var algorithm: ChecksumAlgorithm?
        forEachField(of: index) { field, bytes in
            switch (field.number, field.value) {
            case (Field.path, _): file.path = String(decoding: bytes, as: UTF8.self)
            case (Field.ownURL, _): file.url = String(decoding: bytes, as: UTF8.self)
            case (Field.size, .varint(let size)): file.size = Int64(bitPattern: size)
            case (Field.prefix, .varint(let index)): prefix = Int(index)
            case (Field.shared, .varint(let count)): shared = Int(count)
            case (Field.digest, _): file.sha256 = Hex.encode(Array(bytes))
            case (Field.algorithm, .varint(let index)): algorithm = ChecksumAlgorithm.allCases[Int(index) - 1]
            case (Field.checksum, _): file.checksum = algorithm.map { Checksum($0, Array(bytes)) }
            default: file.version = String(decoding: bytes, as: UTF8.self)
            }
        }
        file.url = prefixes[prefix] + file.url + String(decoding: file.path.utf8.suffix(shared), as: UTF8.self)
        return file
    }

    mutating func append(_ file: TransferredFile) {
        let path = file.path.utf8
        let url = Array(file.url.utf8)
        let shared = zip(path.reversed(), url.reversed()).prefix { $0 == $1 }.count
        let (prefix, own) = split(url.dropLast(shared))
        var message = WireWriter()
        message.string(Field.path, file.path)
        message.data(Field.ownURL, own)
        message.integer(Field.size, file.size)
        message.integer(Field.prefix, Int64(prefix))
        message.integer(Field.shared, Int64(shared))
        message.data(Field.digest, file.sha256.flatMap { Checksum(.sha256, hex: $0) }?.bytes ?? [])
        if let checksum = file.checksum, let algorithm = ChecksumAlgorithm.allCases.firstIndex(of: checksum.algorithm) {
            message.integer(Field.algorithm, Int64(algorithm) + 1)
            message.data(Field.checksum, checksum.bytes)
        }
        message.string(Field.version, file.version ?? "")
        if places.last.map({ $0.count == Self.placesInPiece }) ?? true {
            var piece: [BytePieces.Place] = []
            piece.reserveCapacity(Self.placesInPiece)
            places.append(piece)
        }
        places[places.count - 1].append(bytes.append(message.bytes))
        let (total, overflow) = size.addingReportingOverflow(file.size)
        size = overflow ? .max : total
    }

    private func forEachField(of index: Int, _ body: (WireField, ArraySlice<UInt8>) -> Void) {
        let message = bytes[places[index / Self.placesInPiece][index % Self.placesInPiece]]
        var cursor = WireCursor(0..<message.count)
        // What we wrote ourselves reads well.
        while let field = try? cursor.next(in: message.span) {
            let range = (try? field.range()) ?? 0..<0
            body(field, message.dropFirst(range.lowerBound).prefix(range.count))
        }
    }

    static func += (list: inout FileList, other: FileList) {
        if list.isEmpty { list = other } else { for file in other { list.append(file) } }
    }

    /// Indices in the order of the paths' bytes.
    var indicesByPath: [Int32] {
        (0..<Int32(count)).sorted { path(Int($0)).lexicographicallyPrecedes(path(Int($1))) }
    }

    private func path(_ index: Int) -> ArraySlice<UInt8> {
        let message = bytes[places[index / Self.placesInPiece][index % Self.placesInPiece]]
        var cursor = WireCursor(0..<message.count)
        // It stands first, unless it is empty.
        guard let field = try? cursor.next(in: message.span), field.number == Field.path, let range = try? field.range()
        else { return [] }
        return message.dropFirst(range.lowerBound).prefix(range.count)
    }

    private mutating func split(_ url: ArraySlice<UInt8>) -> (prefix: Int, own: ArraySlice<UInt8>) {
        let text = String(decoding: url, as: UTF8.self)
        if let index = known[ByteKey(text)] { return (index, []) }
        guard prefixes.count < Self.prefixesKept else { return (0, url) }
        prefixes.append(text)
        known[ByteKey(text)] = prefixes.count - 1
        return (prefixes.count - 1, [])
    }
}

/// Bytes of very many things one behind the other, in pieces, so that nothing is moved as they grow.
struct BytePieces: Sendable {
    struct Place: Sendable {
        var piece: UInt32
        var offset: UInt32
        var count: UInt32
    }

    private static let size = 64 << 10
    private var pieces: [[UInt8]] = []

    /// Less than 4 GiB at once.
    mutating func append(_ bytes: some Collection<UInt8>) -> Place {
        if pieces.last.map({ $0.count + bytes.count > Self.size }) ?? true {
            var piece: [UInt8] = []
            piece.reserveCapacity(max(Self.size, bytes.count))
            pieces.append(piece)
        }
        let last = pieces.count - 1
        let place = Place(piece: UInt32(last), offset: UInt32(pieces[last].count), count: UInt32(bytes.count))
        pieces[last] += bytes
        return place
    }

    subscript(place: Place) -> ArraySlice<UInt8> {
        pieces[Int(place.piece)][Int(place.offset)..<Int(place.offset) + Int(place.count)]
    }

    func text(_ place: Place) -> String { String(decoding: self[place], as: UTF8.self) }

    /// What stands in the piece is gone. The last, which may grow, stays.
    mutating func drop(_ piece: UInt32) {
        if piece < pieces.count - 1 { pieces[Int(piece)] = [] }
    }
}
