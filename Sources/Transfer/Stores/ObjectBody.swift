internal import HTTPTransport

/// Takes an object's bytes as a store gives them, from one thread at a time. The same sink may be given to one reading
/// after another, until the object is whole.
protocol ObjectSink: AnyObject, Sendable {
    /// The store answers what it was asked for: called before the first byte, with what the answer says of the object.
    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `ReadingHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep
}

/// What takes and gives objects' bytes answers as what takes and gives a request's: most of them are one.
typealias SinkStep = HTTPSinkStep
typealias ReadingHandle = HTTPTransferHandle
/// The bytes that a store is to keep. None pauses.
typealias ObjectContent = HTTPBodySource
typealias ContentStep = HTTPSourceStep

extension ObjectContent {
    /// Throws `.configuration` for a store that must know the length before the content.
    func knownLength(_ object: String) throws(TransferError) -> Int64 {
        if let length { return length }
        throw TransferError(
            object, .configuration, "the length must be known before the content", hint: "upload it in parts")
    }
}
