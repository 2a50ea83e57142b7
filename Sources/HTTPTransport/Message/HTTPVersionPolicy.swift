/// Which HTTP a request may be sent over.
public enum HTTPVersionPolicy: Sendable, Equatable {
    /// HTTP/1.1 alone: for all bulk, because libcurl 7.88's HTTP/2 can take a truncated body for a whole one.
    case http1
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1: many small requests on one connection. Nothing that goes on for
    /// long: libcurl 7.88 tells the server nothing of a cancelled HTTP/2 exchange, whose stream stays open there as
    /// long as the connection does.
    case negotiate
    /// HTTP/2 without TLS and without an upgrade.
    case http2PriorKnowledge
}
