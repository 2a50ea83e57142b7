import FakeKube
import Foundation
import TestSupport
import Testing
import YAMLTree

/// `--kubeconfig`, `--context`, `--namespace`, `--as`: which cluster, namespace and user a command means, as kubectl has
/// it.
@Suite struct KubeOptionsTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var arguments: [String] = []
        /// Names of the files in `KUBECONFIG`.
        var variable: [String] = []
        var cluster = "east"
        var namespace = "default"
        var user: String?
        var groups: [String] = []
    }

    static let cases = [
        Case(testDescription: "the file in the home folder", cluster: "west"),
        Case(testDescription: "KUBECONFIG goes before it", variable: ["east"], namespace: "from-context"),
        Case(
            testDescription: "--kubeconfig goes before both", arguments: ["--kubeconfig", "west"], variable: ["east"],
            cluster: "west"),
        Case(
            testDescription: "the first file's current context counts", variable: ["west", "east"], cluster: "west"),
        Case(
            testDescription: "--context from a list of files", arguments: ["--context", "to-east"],
            variable: ["west", "east"], namespace: "from-context"),
        Case(
            testDescription: "--namespace goes before the context's", arguments: ["--namespace", "mine"],
            variable: ["east"], namespace: "mine"),
        Case(
            testDescription: "an empty word is none", arguments: ["--namespace", "", "--context", "", "--as", ""],
            variable: ["east"], namespace: "from-context"),
        Case(testDescription: "-n, too", arguments: ["-n", "mine"], variable: ["east"], namespace: "mine"),
        Case(
            testDescription: "--as", arguments: ["--as", "jane"], variable: ["east"], namespace: "from-context",
            user: "jane"),
        Case(
            testDescription: "--as-group", arguments: ["--as", "jane", "--as-group", "dev", "--as-group", "ops"],
            variable: ["east"], namespace: "from-context", user: "jane", groups: ["dev", "ops"]),
    ]

    @Test(arguments: cases)
    func means(_ options: Case) async throws {
        let (east, west) = (try await FakeAPIServer.start(), try await FakeAPIServer.start())
        let folder = try TemporaryFolder("kube-options")
        for (name, server, namespace) in [("east", east, "from-context"), ("west", west, "default")] {
            let config = server.kubeconfig(namespace: namespace).replacing("name: test", with: "name: to-\(name)")
                .replacing("cluster: test", with: "cluster: to-\(name)").replacing(
                    "user: test", with: "user: to-\(name)"
                )
                .replacing("current-context: test", with: "current-context: to-\(name)")
            try folder.write(config, to: name)
            if name == "west" { try folder.write(config, to: "home/.kube/config") }
        }
        let list = options.variable.map { folder[$0] }.joined(separator: ":")
        let child = try ChildProcess(
            Product.sidecar.path, ["diagnose"] + options.arguments.map { $0 == "west" ? folder["west"] : $0 },
            environment: ["HOME": folder["home"], "KUBECONFIG": list.isEmpty ? nil : list])
        let status = try await child.wait(atMost: .seconds(30))
        // Whoever is impersonated may do nothing here, and is told so.
        #expect(status == .exited(options.user == nil ? 0 : 77), "\(child.errorOutput)")

        let (meant, other) = options.cluster == "east" ? (east, west) : (west, east)
        #expect(other.requests.isEmpty)
        let lists = meant.requests.filter { $0.target.contains("/pods") }
        #expect(!lists.isEmpty)
        for request in lists { #expect(request.target.hasPrefix("/api/v1/namespaces/\(options.namespace)/pods")) }
        for request in meant.requests {
            func values(_ name: String) -> [String] { request.headers.filter { $0.name == name }.map(\.value) }
            #expect(values("Impersonate-User") == (options.user.map { [$0] } ?? []))
            #expect(values("Impersonate-Group") == options.groups)
        }
    }

    /// A CronJob of it would never end.
    @Test func aLookThatIsRefusedEnds() async throws {
        let server = try await FakeAPIServer.start()
        let folder = try TemporaryFolder("kube-options")
        let child = try ChildProcess(
            Product.sidecar.path, ["terminator", "--once", "--port", "0", "--as", "jane"],
            environment: ["KUBECONFIG": try folder.write(server.kubeconfig(), to: "config")])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(77), "\(child.errorOutput)")
    }

    /// As a shell's `<(…)` is.
    @Test func aKubeconfigThatCanBeReadOnceIsReadOnce() async throws {
        let server = try await FakeAPIServer.start()
        let finished = try await run(
            Product.sidecar.path,
            ["terminator", "--once", "--dry-run", "--port", "0", "--kubeconfig", "/dev/stdin", "-n", "default"],
            input: Array(server.kubeconfig().utf8))
        #expect(finished.status == .exited(0), "\(finished.error)")
    }

    /// Where to sign in is of use only while the plugin waits for it.
    @Test func whatACredentialPluginSaysIsSeenOnATerminal() async throws {
        let folder = try TemporaryFolder("kube-options")
        try folder.write(
            """
            current-context: c
            contexts: [{name: c, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
            users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never,
              command: sh, args: [-c, 'echo open http://localhost:8000 >&2; echo "{}"']}}}]
            """, to: "config")
        let finished = try await run(
            "/usr/bin/script",
            ["-qec", "\(Product.sidecar.path) diagnose --kubeconfig \(folder["config"])", "/dev/null"])
        #expect(finished.output.hasPrefix("open http://localhost:8000\r\n"), "\(finished.output)")
        #expect(finished.output.contains("is not an ExecCredential\r\n"))
    }

    /// Its number is nobody else's: the answer must not go into a connection.
    @Test func aClosedStandardOutputTakesNothing() async throws {
        let server = try await FakeAPIServer.start()
        let folder = try TemporaryFolder("kube-options")
        let child = try ChildProcess(
            "/bin/sh", ["-c", "exec \(Product.sidecar.path) diagnose >&- <&-"],
            environment: ["KUBECONFIG": try folder.write(server.kubeconfig(), to: "config")])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(74))
        #expect(child.errorOutput == "kpipe-sidecar: cannot write to standard output: Bad file descriptor\n")
    }

    @Test(arguments: [
        (["--kubeconfig", "/no/such/file"], "/no/such/file"), (["--context", "elsewhere"], "elsewhere"),
        (["--as-group", "ops"], "--as"),
    ])
    func saysWhatCannotBeMeant(arguments: [String], named: String) async throws {
        let server = try await FakeAPIServer.start()
        let folder = try TemporaryFolder("kube-options")
        let config = try folder.write(server.kubeconfig(), to: "config")
        let child = try ChildProcess(
            Product.sidecar.path, ["diagnose"] + arguments, environment: ["HOME": folder.path, "KUBECONFIG": config])
        let status = try await child.wait(atMost: .seconds(30))
        #expect(status == .exited(78), "\(child.errorOutput)")
        #expect(child.errorOutput.contains(named))
        #expect(server.requests.isEmpty)
    }
}
