internal import Basics

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

    /// The header's value for a URL that a person named, never for one a redirect leads to. A signed one is proof enough: what
    /// is meant for other servers is not shown to its own, which as a rule refuses two proofs.
    func header(_ url: WebURL, user: String?, password: String?) throws(TransferError) -> String? {
        if let user { return Self.basic(user, password ?? "") }
        guard !url.isSigned else { return nil }
        if let bearerFile { return "Bearer \(try TokenFile.read(bearerFile, needed: "web servers"))" }
        guard let netrcFile, let text = try? SmallFile.bytes(netrcFile, pipes: true),
            let login = NetRC(String(decoding: text, as: UTF8.self)).login(host: url.origin.host)
        else { return nil }
        return Self.basic(login.user, login.password)
    }

    /// RFC 7617, in UTF-8.
    private static func basic(_ user: String, _ password: String) -> String {
        "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
    }
}

/// The `.netrc` file of ftp, curl and pip: user names and passwords by host.
struct NetRC: Sendable, Equatable {
    struct Login: Sendable, Equatable {
        var user: String
        var password: String
    }

    private var machines: [String: Login] = [:]
    private var fallback: Login?

    init(_ text: String) {
        var words = Self.words(text)[...]
        while let word = words.popFirst() {
            switch word {
            case "machine":
                guard let host = words.popFirst() else { return }
                let login = Self.login(&words)
                // The first entry of a host counts.
                machines[host.lowercased()] = machines[host.lowercased()] ?? login
            case "default": fallback = fallback ?? Self.login(&words)
            default: break
            }
        }
    }

    func login(host: String) -> Login? { machines[host] ?? fallback }

    private static func login(_ words: inout ArraySlice<String>) -> Login {
        var login = Login(user: "", password: "")
        while let word = words.first, word != "machine", word != "default" {
            words.removeFirst()
            switch word {
            case "login": login.user = words.popFirst() ?? ""
            case "password": login.password = words.popFirst() ?? ""
            case "account": _ = words.popFirst()
            default: break
            }
        }
        return login
    }

    /// Words without comments; a macro's body, up to the next empty line, is passed over.
    private static func words(_ text: String) -> [String] {
        var words: [String] = []
        var inMacro = false
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let found = line.split(whereSeparator: \.isWhitespace)
            if found.isEmpty { inMacro = false }
            guard !inMacro, found.first?.hasPrefix("#") != true else { continue }
            if let macro = found.firstIndex(of: "macdef") {
                words += found[..<macro].map(String.init)
                inMacro = true
            } else {
                words += found.map(String.init)
            }
        }
        return words
    }
}
