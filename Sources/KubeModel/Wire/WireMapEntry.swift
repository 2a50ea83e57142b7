/// An entry of a protobuf map of texts.
struct WireMapEntry {
    var key: Range<Int>
    var value: Range<Int>

    init(in bytes: Span<UInt8>, _ entry: WireField) throws(WireError) {
        var cursor = try entry.cursor()
        key = cursor.end..<cursor.end
        value = key
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: key = try field.range()
            case 2: value = try field.range()
            default: break
            }
        }
    }
}
