/// Which proxy a request goes through, decided once from a policy and the environment.
///
/// Variables as curl reads them: `http_proxy` in lower case only (a CGI server sets `HTTP_PROXY` from a request's
/// `Proxy` field), the others in lower case first, then upper.
package struct ProxySettings: Sendable, Equatable {
    private var http = ""
    private var https = ""
    /// Names and networks reached directly, in curl's notation.
    package private(set) var except = ""

    package init(_ policy: ProxyPolicy, environment: [String: String]) {
        func variable(_ name: String) -> String? {
            [name, name.uppercased()].lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        switch policy {
        case .none: return
        case .environment:
            let all = variable("all_proxy") ?? ""
            http = Self.inCurlsWords(environment["http_proxy"].flatMap { $0.isEmpty ? nil : $0 } ?? all)
            https = Self.inCurlsWords(variable("https_proxy") ?? all)
        case .url(let url):
            (http, https) = (Self.inCurlsWords(url), Self.inCurlsWords(url))
            return
        }
        // As Go's programs read it, for whom most clusters' lists are written: `*.x` is `.x`, which curl does not know.
        except = (variable("no_proxy") ?? "").replacing("*.", with: ".")
    }

    /// Go's programs, kubectl among them, have a SOCKS proxy look names up, which behind it may be the only way.
    private static func inCurlsWords(_ url: String) -> String {
        url.lowercased().hasPrefix("socks5://") ? "socks5h\(url.dropFirst(6))" : url
    }

    /// Empty for a direct connection.
    package func proxy(forScheme scheme: String) -> String { scheme == "https" ? https : http }
}

/// Through which proxy a client reaches servers.
public enum ProxyPolicy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy` (lower case), `all_proxy`, `no_proxy`, as curl reads them, when the client is made.
    case environment
    case none
    /// This one for everything, whatever the environment says; it may carry `user:password@`.
    case url(String)
}
