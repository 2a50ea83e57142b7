import Basics

/// Which `Authorization` an origin gets. The first that applies: user name and password of the URL, a bearer token,
/// `.netrc`.
struct WebAuthorization: Sendable {
    private var bearerFile: String?
    private var netrcFile: String?

    init(_ configuration: StoreConfiguration) {
        bearerFile = configuration.bearerFile ?? configuration.variable("KPIPE_HTTP_BEARER_FILE")
        let netrc = configuration.variable("NETRC") ?? configuration.expandingHome("~/.netrc")
        netrcFile = netrc.hasPrefix("~") ? nil : netrc
    }

    /// The header's value for an origin that a person named, never for one a redirect leads to.
    func header(_ origin: WebOrigin, user: String?, password: String?) throws(TransferError) -> String? {
        if let user { return Self.basic(user, password ?? "") }
        if let bearerFile { return "Bearer \(try TokenFile.read(bearerFile, needed: "web servers"))" }
        guard let netrcFile, let text = try? SmallFile.read(netrcFile),
            let login = NetRC(String(decoding: text, as: UTF8.self)).login(host: origin.host)
        else { return nil }
        return Self.basic(login.user, login.password)
    }

    /// RFC 7617, in UTF-8.
    static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    }
}
