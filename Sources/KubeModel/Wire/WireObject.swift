public import Basics

/// A kind of object that is read from the API's bytes directly, in either encoding.
public protocol WireObject: Sendable {
    init(_ encoding: ObjectEncoding, in bytes: Span<UInt8>) throws(WireError)
}
