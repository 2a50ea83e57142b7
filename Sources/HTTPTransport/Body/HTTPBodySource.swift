/// Gives a request body piece by piece. Called on the transport's thread only, one call at a time: must not block.
public protocol HTTPBodySource: AnyObject, Sendable {
    /// Known length in bytes, or `nil` to send in chunks.
    var length: Int64? { get }
    /// Given before the first `read`, for a source that may answer `.pause`.
    func attach(_ transfer: HTTPTransferHandle)
    /// Fills `buffer` from its start.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> HTTPSourceStep
    /// Back to the first byte. `false` where that cannot be done: the request then fails instead of sending half.
    func rewind() -> Bool
}

extension HTTPBodySource {
    public func attach(_ transfer: HTTPTransferHandle) {}
}

public enum HTTPSourceStep: Sendable, Equatable {
    case filled(Int)
    case end
    /// Nothing to give now. The source calls `HTTPTransferHandle.resume()` when it has more.
    case pause
    /// Ends the exchange with `TransportError.Reason.bodySource`.
    case fail(String)
}
