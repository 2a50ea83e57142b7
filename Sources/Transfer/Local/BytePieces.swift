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
