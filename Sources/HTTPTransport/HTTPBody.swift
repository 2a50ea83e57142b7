/// What a request carries.
public enum HTTPRequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Pulled on the transport's thread as the socket takes it; rewound when the request is sent again on a fresh
    /// connection.
    case source(any HTTPBodySource)
}

/// Gives a request body piece by piece. Called on the transport's thread only, one call at a time: must not block.
public protocol HTTPBodySource: AnyObject, Sendable {
    /// Known length in bytes, or `nil` to send in chunks.
    var length: Int64? { get }
    /// Given once, before the first `read`, to a source that may answer `.pause`.
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

/// Takes a response as it arrives, without a copy. Called on the transport's thread only, one call at a time, so it
/// must be quick (a `pwrite` into the page cache is; an `fsync` is not).
public protocol HTTPBodySink: AnyObject, Sendable {
    /// Status and headers are there. `.stop` ends the exchange (the connection is closed).
    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `HTTPTransferHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep
}

public enum HTTPSinkStep: Sendable, Equatable {
    case proceed
    case pause
    /// Ends the exchange with `TransportError.Reason.bodySink`.
    case stop(String)
}

public struct HTTPResponseHead: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    /// `1.1` or `2`.
    public var version: String

    public init(status: Int, headers: HTTPHeaders = [:], version: String = "1.1") {
        self.status = status
        self.headers = headers
        self.version = version
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}
