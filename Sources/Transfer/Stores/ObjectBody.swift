/// Takes an object's bytes as a store gives them, from one thread at a time. The same sink may be given to one reading
/// after another, until the object is whole.
protocol ObjectSink: AnyObject, Sendable {
    /// The store answers what it was asked for: called before the first byte, with what the answer says of the object.
    func begin(_ info: ObjectInfo, reading: ReadingHandle) -> SinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `ReadingHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> SinkStep
}

enum SinkStep: Sendable, Equatable {
    case proceed
    case pause
    /// Ends the reading with this reason.
    case stop(String)
}

/// Wakes a reading that its sink has paused. Callable from any thread, also when the reading is over.
struct ReadingHandle: Sendable {
    let resume: @Sendable () -> Void
}

/// Gives the bytes that a store is to keep, from one thread at a time.
protocol ObjectContent: AnyObject, Sendable {
    /// Bytes, or `nil` where only the end will tell.
    var length: Int64? { get }
    /// Fills `buffer` from its start.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep
    /// Back to the first byte. `false` where that cannot be done: the writing then fails instead of storing half.
    func rewind() -> Bool
}

enum ContentStep: Sendable, Equatable {
    case filled(Int)
    case end
    case fail(String)
}
