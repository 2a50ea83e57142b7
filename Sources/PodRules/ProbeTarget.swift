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
        isForwardable = !isTCP && port != nil
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
    package func need(
        beside own: @autoclosure () -> [String], of other: (Set<String>) -> String?,
        programs: @autoclosure () -> Set<String>, words: @autoclosure () -> [String] = []
    ) -> Need {
        if let port = other(ports(beside: own())) { return .port(port) }
        // Dapr's own health holds only once the application's does; its outbound half is Dapr's alone.
        if path == Self.daprHealth || command.mentions("\(Self.daprHealth) ") {
            return .main(instead: Self.daprOutbound)
        }
        guard isForwardable, let proxy = ForwardingProxy.among(programs()) else { return .itself }
        return proxy.serves(path, on: port, words()) ? .itself : .perhapsMain
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

    /// By the projects' own documentation of their health checks.
    package static let all = [
        ForwardingProxy(
            programs: ["envoy"],
            paths: [
                "/", "/ready", "/server_info", "/stats", "/stats/prometheus", "/clusters", "/listeners", "/memory",
            ],
            adminPorts: ["9901", "15000", "19000"]),
        ForwardingProxy(
            programs: ["nginx", "nginx-unprivileged", "openresty"],
            paths: ["/nginx_status", "/stub_status", "/basic_status", "/nginx-health"]),
        ForwardingProxy(programs: ["haproxy"], paths: ["/stats", "/haproxy_stats", "/haproxy?stats"]),
        ForwardingProxy(programs: ["traefik"], paths: ["/ping"]),
        ForwardingProxy(programs: ["caddy"], paths: ["/config/", "/metrics"], adminPorts: ["2019"]),
        ForwardingProxy(programs: ["httpd", "apache", "apache2"], paths: ["/server-status"]),
        ForwardingProxy(programs: ["oauth2-proxy"], paths: ["/ping", "/ready"]),
        ForwardingProxy(programs: ["oauth-proxy", "openshift-oauth-proxy"], paths: ["/oauth/healthz", "/ping"]),
        ForwardingProxy(programs: ["kube-rbac-proxy"], paths: ["/healthz"], portFlag: "--proxy-endpoints-port"),
    ]

    /// Places in `all`, by the names of programs.
    private static let places = Dictionary(
        all.enumerated().flatMap { place, proxy in proxy.programs.map { ($0, place) } }, uniquingKeysWith: min)

    /// The first that one of the names is about.
    static func among(_ programs: Set<String>) -> ForwardingProxy? {
        programs.lazy.compactMap { places[$0] }.min().map { all[$0] }
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
