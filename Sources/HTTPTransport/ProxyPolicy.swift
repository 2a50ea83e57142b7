/// Through which proxy a client reaches servers.
public enum ProxyPolicy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy` (lower case), `all_proxy`, `no_proxy`, as curl reads them, when the client is made.
    case environment
    case none
    /// This one for everything but what `no_proxy` names; it may carry `user:password@`.
    case url(String)
}
