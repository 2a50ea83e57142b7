import Foundation
import TestSupport
import Testing

/// Everything that listens, in pods with addresses of one family alone and of both: each in a network namespace of its
/// own, with an interface beside loopback.
@Suite(
    .requires(.curl, .ip, .openssl),
    .enabled("making network namespaces needs root") { await NetworkNamespace.isPossible })
struct AddressFamilyTests {
    enum Family: String, Sendable, CaseIterable {
        case ipv4 = "10.1.2.3"
        case ipv6 = "fd00::3"
    }

    struct PodNetwork: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var families: [Family]
        /// Run in the namespace beforehand.
        var setup: [String] = []
    }

    static let networks = [
        // Loopback and the link have IPv6 addresses still, as with many network plugins.
        PodNetwork(testDescription: "IPv4 alone", families: [.ipv4]),
        PodNetwork(
            testDescription: "IPv4 alone, IPv6 switched off", families: [.ipv4],
            setup: ["echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6"]),
        PodNetwork(testDescription: "IPv6 alone", families: [.ipv6], setup: ["ip address delete 127.0.0.1/8 dev lo"]),
        PodNetwork(testDescription: "both", families: Family.allCases),
    ]

    enum Server: Sendable, CaseIterable {
        case agent, terminator, nodeAgent
    }

    /// The namespace is the test's own, so the ports are the ones that pods have.
    @Test(arguments: networks, Server.allCases) func isReached(network: PodNetwork, server: Server) async throws {
        let namespace = try await NetworkNamespace(network.families.map(\.rawValue), network.setup)
        let folder = try TemporaryFolder("families")
        let certificates = try await Certificates()
        for name in ["crt", "key"] { try folder.write(certificates.folder.read("server.\(name)"), to: "tls.\(name)") }
        try folder.write(
            "webhook: {certificates: files, certificateFolder: \(folder.path)}\n", to: "terminator.yaml")
        // Nobody listens there; what is tried here answers all the same.
        try folder.write(
            """
            apiVersion: v1
            kind: Config
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u, namespace: tests}}]
            clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]
            users: [{name: u, user: {token: t}}]
            """, to: "kubeconfig")
        var runtime: RuntimeStandIn?
        let arguments: [String]
        let port: Int
        switch server {
        case .agent:
            (arguments, port) = (["agent", "--workdir", try folder.makeFolder("workdir")], 9797)
        case .terminator:
            (arguments, port) = (["terminator", "--webhook", "--config", folder["terminator.yaml"]], 8080)
        case .nodeAgent:
            runtime = try await RuntimeStandIn.start([:])
            (arguments, port) = (["node-agent", "--cri-socket", runtime?.socket ?? "", "--node-name", "n"], 8080)
        }
        let child = try namespace.start(
            Product.sidecar.path, arguments, environment: ["KUBECONFIG": folder["kubeconfig"], "KPIPE_CONFIG": "{}"])
        for family in network.families {
            let host = family == .ipv6 ? "[\(family.rawValue)]" : family.rawValue
            let health = try await eventually("an answer on \(host)") {
                let answer = try await namespace.run("curl", ["--silent", "http://\(host):\(port)/healthz"])
                return answer.status.isSuccess ? answer.output : nil
            }
            #expect(health == "ok\n")
            guard server == .terminator else { continue }
            // Its certificate is read beside all that makes the process healthy.
            let review = try await eventually("the webhook on \(host)") {
                let answer = try await namespace.run(
                    "curl",
                    [
                        "--silent", "--show-error", "--cacert", certificates.authority, "--connect-to",
                        "localhost:9443:\(host):9443", "--write-out", "%{http_code}", "--output", "/dev/null",
                        "https://localhost:9443/elsewhere",
                    ])
                return answer.output == "000" ? nil : answer
            }
            #expect(review.output == "404", "\(review.error)")
        }
        await child.finish()
        withExtendedLifetime(runtime) {}
    }
}

/// A network of its own with an interface, gone with the last reference and the last program in it.
final class NetworkNamespace: Sendable {
    private let name: String

    /// - Parameters:
    ///   - addresses: of the interface.
    ///   - setup: lines of shell, run in the namespace before the addresses are given.
    init(_ addresses: [String], _ setup: [String]) async throws {
        name = "kpipe-\(UUID().uuidString.prefix(8))"
        try await output("ip", ["netns", "add", name])
        let lines =
            ["ip link set lo up", "ip link add eth0 type veth peer name far"] + setup
            + addresses.map { "ip address add \($0)/\($0.contains(":") ? "64 nodad" : "24") dev eth0" }
            + ["ip link set eth0 up", "ip link set far up"]
        try await output("ip", ["netns", "exec", name, "sh", "-ec", lines.joined(separator: "\n")])
    }

    deinit {
        let process = Process()
        process.executableURL = URL(filePath: Tool.ip.path ?? "ip")
        process.arguments = ["netns", "delete", name]
        try? process.run()
        process.waitUntilExit()
    }

    static var isPossible: Bool {
        get async { (try? await NetworkNamespace([], [])) != nil }
    }

    func start(_ program: String, _ arguments: [String], environment: [String: String?]) throws -> ChildProcess {
        try ChildProcess(
            "ip", ["netns", "exec", name, program] + arguments, environment: environment)
    }

    func run(_ program: String, _ arguments: [String]) async throws -> Finished {
        try await TestSupport.run("ip", ["netns", "exec", name, program] + arguments)
    }
}
