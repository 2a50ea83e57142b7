internal import HTTPTransport
internal import YAMLTree

/// `clusters[…].cluster` of a kubeconfig.
struct ClusterEntry {
    private let section: ConfigSection

    init(_ section: ConfigSection) { self.section = section }

    /// Everything but who asks.
    func access() throws(KubeError) -> ClusterAccess {
        guard let text = try section.text("server") else { throw section.problem(nil, "expected a server") }
        let isInsecure = try section.flag("insecure-skip-tls-verify")
        let authority = try PEMField(section, "certificate-authority").bytes()
        guard let server = ServerAddress(text, secureByDefault: isInsecure || authority != nil) else {
            throw section.problem("server", "expected a URL such as https://host:6443, without user or password")
        }
        var access = ClusterAccess(server: server)
        access.serverName = try section.text("tls-server-name")
        access.allowsCompression = try !section.flag("disable-compression")
        if let proxy = try section.text("proxy-url") {
            let schemes = ["http://", "https://", "socks5://", "socks5h://"]
            guard schemes.contains(where: { proxy.lowercased().hasPrefix($0) }) else {
                throw section.problem("proxy-url", "expected a URL with http, https or socks5")
            }
            access.proxy = .url(proxy)
        }
        switch (authority, isInsecure) {
        case (_?, true):
            throw section.problem(
                "insecure-skip-tls-verify", "cannot be combined with a certificate authority; remove one of the two")
        case (nil, true): access.trust = .nothingChecked
        case (let bytes?, false):
            do { try PEM.checkAuthorities(bytes) } catch {
                throw section.problem(
                    section["certificate-authority-data"] != nil
                        ? "certificate-authority-data" : "certificate-authority", error.reason)
            }
            access.trust = .pem(bytes)
        case (nil, false): break
        }
        return access
    }
}
