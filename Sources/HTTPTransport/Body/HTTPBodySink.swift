/// Takes a response as it arrives, without a copy. Called on the transport's thread only, one call at a time, so it
/// must be quick (a `pwrite` into the page cache is; an `fsync` is not).
package protocol HTTPBodySink: AnyObject, Sendable {
    /// Status and headers are there. `.stop` ends the exchange (the connection is closed).
    func begin(_ head: HTTPResponseHead, transfer: HTTPTransferHandle) -> HTTPSinkStep
    /// `.pause` says that none of `bytes` was taken; they are given again after `HTTPTransferHandle.resume()`.
    func write(_ bytes: UnsafeRawBufferPointer) -> HTTPSinkStep
}

package enum HTTPSinkStep: Sendable, Equatable {
    case proceed
    case pause
    /// Ends the exchange with `TransportError.Reason.bodySink`.
    case stop(String)
}
