/// What a request carries.
public enum HTTPRequestBody: Sendable {
    case none
    case bytes([UInt8])
    /// Pulled on the transport's thread as the socket takes it; rewound when the request is sent again on a fresh
    /// connection.
    case source(any HTTPBodySource)
}
