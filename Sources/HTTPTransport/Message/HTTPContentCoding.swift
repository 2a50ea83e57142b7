/// What the response body may be compressed with on its way.
public enum HTTPContentCoding: Sendable, Equatable {
    /// No `Accept-Encoding` is sent; the sink gets the bytes as they are on the wire.
    case identity
    /// Asks for gzip; the sink gets the bytes unpacked, while the head's `Content-Length` still tells the wire's count.
    case gzip
}
