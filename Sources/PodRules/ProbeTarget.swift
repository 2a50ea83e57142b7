internal import Basics

/// What a probe asks: a port over the network, or whatever its command asks.
package struct ProbeTarget: Sendable {
    /// Of an `httpGet`, `tcpSocket` or `grpc`, a number or a name; `nil` where the probe is a command.
    private let port: String?
    /// Of an `httpGet`; else empty.
    private let path: String
    private let host: String
    private let command: String
    /// What the command asks in the pod.
    private let asked: LocalWords
    private let isForwardable: Bool

    /// Words of commands that ask over HTTP.
    private static let clients = ["curl ", "wget ", "http://", "https://"]
    private static let local = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]

    /// - Parameters:
    ///   - command: its words, and the values of variables that they name.
    ///   - isTCP: it is a connection alone, which nobody forwards.
    package init(port: String?, path: String = "", host: String, command: [String], isTCP: Bool = false) {
        self.port = port
        self.path = path
        self.host = host
        self.command = command.joined(separator: " ") + " "
        asked = LocalWords(command, asks: true)
        isForwardable = port == nil ? Self.clients.contains(where: self.command.mentions) : !isTCP
    }

    /// What has to be true for it to pass.
    package enum Need: Sendable, Equatable {
        /// As far as its words tell, nothing but the container that is probed.
        case itself
        /// A port of another container of the pod answers.
        case port(String)
        /// Main answers the sidecar; it tells of itself alone at `instead`.
        case main(instead: String)
        /// It may be passed on to main, as proxies do with what they do not serve themselves.
        case perhapsMain
    }

    /// Why main, if it waited for the probe, might wait for ever.
    ///
    /// - Parameters:
    ///   - own: numbers and names of the ports of the container that is probed.
    ///   - other: the first of some ports on which another container answers.
    ///   - programs: what the container's program may be called, by its name, image and command.
    ///   - words: its command line.
    ///   - reachesMain: its command line or variables name a port of main: it may be ready only when main is.
    package func need(
        beside own: @autoclosure () -> [String], of other: (Set<String>) -> String?,
        programs: @autoclosure () -> Set<String>, words: @autoclosure () -> [String] = [],
        reachesMain: @autoclosure () -> Bool = false
    ) -> Need {
        if let port = other(ports(beside: own())) { return .port(port) }
        // Dapr's own health holds only once the application's does; its outbound half is Dapr's alone.
        if path == Self.daprHealth || command.mentions("\(Self.daprHealth) ") {
            return .main(instead: Self.daprOutbound)
        }
        guard isForwardable, path != Self.daprOutbound, !command.mentions(Self.daprOutbound) else { return .itself }
        guard let proxy = ForwardingProxy.among(programs()) else { return reachesMain() ? .perhapsMain : .itself }
        let isOwn = port == nil ? proxy.serves(in: command) : proxy.serves(path, on: port, words())
        return isOwn ? .itself : .perhapsMain
    }

    package static let daprHealth = "/v1.0/healthz"
    private static let daprOutbound = "/v1.0/healthz/outbound"

    /// The ports of the pod that are asked, numbers and names, but for the container's own.
    package func ports(beside own: [String]) -> Set<String> {
        if let port, host.isEmpty || Self.local.contains(host) { return own.contains(port) ? [] : [port] }
        return asked.ports.subtracting(own)
    }
}

/// Proxies that pass on what they are asked: a check that they do not answer themselves is answered by main, or by nobody
/// while main does not run.
package struct ForwardingProxy: Sendable {
    /// What its program, image or container is called.
    package let programs: Set<String>
    /// Paths that each of them answers itself, whatever stands behind it.
    package let paths: Set<String>
    /// The ports on which it does so, where others pass on the same path.
    package private(set) var adminPorts: Set<String> = []
    /// The flag that names such a port; without it there is none.
    package private(set) var portFlag: String?
    /// It is a web server as well, which a pod may be for.
    package private(set) var servesFiles = false

    /// By the projects' own documentation of their health checks.
    package static let all = [
        ForwardingProxy(
            programs: ["envoy"],
            paths: [
                "/", "/ready", "/server_info", "/stats", "/stats/prometheus", "/clusters", "/listeners", "/memory",
            ],
            adminPorts: ["9901", "15000", "19000"]),
        ForwardingProxy(
            programs: ["nginx", "openresty"],
            paths: ["/nginx_status", "/stub_status", "/basic_status", "/nginx-health"], servesFiles: true),
        ForwardingProxy(programs: ["haproxy"], paths: ["/stats", "/haproxy_stats", "/haproxy?stats"]),
        ForwardingProxy(programs: ["traefik"], paths: ["/ping"]),
        ForwardingProxy(programs: ["caddy"], paths: ["/config/", "/metrics"], adminPorts: ["2019"], servesFiles: true),
        ForwardingProxy(
            programs: ["httpd", "apache", "apache2"], paths: ["/server-status"], servesFiles: true),
        ForwardingProxy(programs: ["varnish", "varnishd"], paths: []),
        ForwardingProxy(programs: ["pomerium"], paths: ["/ping", "/healthz", "/.pomerium/ping"]),
        ForwardingProxy(programs: ["oauth2-proxy"], paths: ["/ping", "/ready"]),
        ForwardingProxy(programs: ["oauth-proxy"], paths: ["/oauth/healthz", "/ping"]),
        ForwardingProxy(programs: ["kube-rbac-proxy"], paths: ["/healthz"], portFlag: "--proxy-endpoints-port"),
    ]

    /// Places in `all`, by the names of programs.
    private static let places = Dictionary(
        all.enumerated().flatMap { place, proxy in proxy.programs.map { ($0, place) } }, uniquingKeysWith: min)

    /// What images and containers put before and behind a program's name.
    package static let makers = ["origin", "ose", "openshift", "bitnami"]
    package static let variants = [
        "alpine", "debian", "distroless", "contrib", "plus", "proxy", "rootless", "sidecar", "slim", "ubi",
        "unprivileged",
    ]

    /// The first that one of the names is about.
    package static func among(_ programs: Set<String>) -> ForwardingProxy? {
        programs.lazy.compactMap(place).min().map { all[$0] }
    }

    /// `haproxy-alpine` is HAProxy, `origin-oauth-proxy` an oauth-proxy, `nginx-exporter` neither.
    private static func place(_ program: String) -> Int? {
        var parts = program.split(separator: "-")[...]
        while !parts.isEmpty {
            if let place = places[parts.joined(separator: "-")] { return place }
            if let first = parts.first, makers.contains(String(first)) {
                parts.removeFirst()
            } else if let last = parts.last, variants.contains(String(last)) {
                parts.removeLast()
            } else {
                return nil
            }
        }
        return nil
    }

    /// Whether a command asks what each of them answers itself.
    func serves(in command: String) -> Bool {
        guard portFlag == nil else { return false }
        return paths.contains { path in
            adminPorts.isEmpty ? command.mentions(path) : adminPorts.contains { command.mentions(":\($0)\(path)") }
        }
    }

    func serves(_ path: String, on port: String?, _ words: [String]) -> Bool {
        guard paths.contains(path) else { return false }
        guard let port, let portFlag else { return adminPorts.isEmpty || port.map(adminPorts.contains) == true }
        return words.indices.contains { index in
            words[index] == "\(portFlag)=\(port)"
                || words[index] == portFlag && words.dropFirst(index + 1).first == port
        }
    }
}
