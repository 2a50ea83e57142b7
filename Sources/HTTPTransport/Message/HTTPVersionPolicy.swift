/// Which HTTP a request may be sent over.
public enum HTTPVersionPolicy: Sendable, Equatable {
    /// HTTP/1.1 alone: for all bulk, because libcurl 7.88's HTTP/2 can take a truncated body for a whole one.
    case http1
    /// HTTP/2 where TLS negotiates it, else HTTP/1.1: many small requests on one connection. Nothing that goes on for
    /// long: of a cancelled HTTP/2 exchange the server learns only with the next request on the same connection,
    /// because libcurl 7.88 leaves the RST_STREAM in its buffer until then.
    case negotiate
    /// HTTP/2 without TLS and without an upgrade.
    case http2PriorKnowledge
}
