public import Basics
public import KubeModel

/// How objects become the compact records that a caller keeps.
public struct RecordDecoder<Record: Sendable>: Sendable {
    /// The record for an object, which stands in the bytes without an envelope; `nil` for one that does not matter.
    public typealias Decode = @Sendable (ObjectEncoding, Span<UInt8>) throws(WireError) -> Record?

    let decode: Decode

    public init(_ decode: @escaping Decode) { self.decode = decode }

    /// From a whole object of a kind that is read directly.
    public init<Object: WireObject>(_ object: Object.Type, _ record: @escaping @Sendable (Object) -> Record?) {
        decode = { (encoding, bytes) throws(WireError) in record(try Object(encoding, in: bytes)) }
    }

    /// From pods, of which only those that `selection` finds are read at all.
    public static func pods(
        _ selection: PodSelection, _ record: @escaping @Sendable (Pod) -> Record?
    ) -> RecordDecoder {
        RecordDecoder { (encoding, bytes) throws(WireError) in
            try selection.pod(encoding, in: bytes).flatMap(record)
        }
    }
}
