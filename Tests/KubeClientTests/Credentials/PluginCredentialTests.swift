import Basics
import Foundation
import Synchronization
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient

/// Plugins are real programs: small shell scripts beside the kubeconfig.
@Suite struct PluginCredentialTests {
    private let fixture: KubeconfigFixture
    private let clock = VirtualClock()

    init() throws { fixture = try KubeconfigFixture() }

    private func script(_ text: String, _ name: String = "plugin") throws {
        try fixture.folder.write("#!/bin/sh\n" + text, to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: fixture.folder[name])
    }

    /// The plugin as the kubeconfig has it, with `fields` beside its command.
    private func plugin(
        _ fields: String = "", command: String = "./plugin", cluster: String = "{server: 'https://a'}"
    ) throws -> ExecPlugin {
        try fixture.write(
            cluster: cluster,
            user: "{exec: {command: '\(command)', apiVersion: client.authentication.k8s.io/v1beta1\(fields)}}")
        let kubeconfig = try Kubeconfig(
            parsing: try fixture.folder.read("config"), file: fixture.folder["config"])
        let user = try #require(try kubeconfig.users["u"]?.section("exec"))
        return try ExecPlugin(user, cluster: try #require(kubeconfig.clusters["c"]))
    }

    private func source(
        _ plugin: ExecPlugin, timeout: Duration = .seconds(20), calendar: @escaping WallTime = systemTime
    ) -> PluginCredential {
        PluginCredential(
            plugin, isTerminal: false, isWatched: false, timeout: timeout, time: Timepiece(clock), calendar: calendar)
    }

    /// Prints a token that counts its runs.
    private static let counting = """
        cd "$(dirname "$0")"; echo run >> runs; n=$(wc -l < runs)
        echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",
          "status":{"token":"token-'$n'"'"$EXTRA"'}}'
        """

    private var runs: Int { (try? fixture.folder.text("runs").split(separator: "\n").count) ?? 0 }

    @Test func givesArgumentsAndVariables() async throws {
        try script(
            """
            printf %s "$KUBERNETES_EXEC_INFO" > "$(dirname "$0")/info"
            printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1",'
            printf '"status":{"token":"%s"}}' "$1-$NAME"
            """)
        let plugin = try plugin(
            ", args: [one], env: [{name: NAME, value: two}], provideClusterInfo: true",
            cluster: "{server: 'https://a', tls-server-name: b, extensions: [{name: client.authentication.k8s.io/exec, "
                + "extension: {audience: x, n: 3, flag: true}}]}")
        #expect(try await source(plugin).credential().authorization == .bearer("one-two"))
        #expect(
            try fixture.folder.text("info")
                == #"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1beta1","#
                + #""spec":{"cluster":{"server":"https://a","tls-server-name":"b","#
                + #""config":{"audience":"x","n":3,"flag":true}},"interactive":false}}"#)
    }

    @Test func runsOnceForAll() async throws {
        try script("sleep 0.2\n" + Self.counting)
        let source = source(try plugin())
        let tokens = try await withThrowingTaskGroup(of: Credential.self) { group in
            for _ in 0..<20 { group.addTask { try await source.credential() } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(tokens.allSatisfy { $0.authorization == .bearer("token-1") })
        #expect(runs == 1)
    }

    @Test func runsAgainWhenTheCredentialExpires() async throws {
        try script(#"EXTRA=',"expirationTimestamp":"2026-11-21T00:00:00Z"'"# + "\n" + Self.counting)
        let now = Mutex<Int64>(1_795_219_199)
        let source = source(try plugin(), calendar: { now.withLock { $0 } })
        #expect(try await source.credential().authorization == .bearer("token-1"))
        #expect(try await source.credential().authorization == .bearer("token-1"))
        now.withLock { $0 += 1 }
        #expect(try await source.credential().authorization == .bearer("token-2"))
    }

    @Test func runsAgainAfterARefusalButNotAllTheTime() async throws {
        try script(Self.counting)
        let source = source(try plugin())
        let first = try await source.credential()
        source.reject(first)
        #expect(try await source.credential() == first, "it has only just been made")
        clock.advance(by: PluginCredential.rejectionPause)
        source.reject(first)
        #expect(try await source.credential().authorization == .bearer("token-2"))
        source.reject(first)
        #expect(runs == 2, "the refused one is gone already")
    }

    @Test(arguments: [
        ("echo 'cannot log in' >&2; echo secret-output; exit 3", "it exited with 3: cannot log in"),
        ("kill -9 $$", "it was ended by signal 9"),
        ("echo secret-output", "what it printed is not a JSON object"),
        ("echo 'with $PASSWORD' >&2; echo hunter2222 >&2; exit 1", "it exited with 1: with $PASSWORD …"),
        ("head -c 2000000 /dev/zero", "it printed more than 1048576 bytes"),
    ])
    func saysHowItFailed(text: String, reason: String) async throws {
        try script(text)
        let source = source(try plugin(", env: [{name: PASSWORD, value: hunter2222}]"))
        let error = await #expect(throws: KubeError.self) { try await source.credential() }
        let place = "users[u].user.exec in \(fixture.folder["config"])"
        #expect(
            error?.description == "run the credential plugin '\(fixture.folder["./plugin"])' (\(place)): \(reason)")
    }

    @Test func endsAPluginThatHangsWithAllItStarted() async throws {
        try script(
            #"""
            echo waiting >&2
            sleep 1000 &
            echo $! > "$(dirname "$0")/child"
            wait
            """#)
        let source = source(try plugin(), timeout: .milliseconds(500))
        let error = await #expect(throws: KubeError.self) { try await source.credential() }
        #expect(error?.description.hasSuffix("it took too long and was ended: waiting") == true)
        let child = try #require(
            pid_t(try fixture.folder.text("child").trimmingCharacters(in: .whitespacesAndNewlines)))
        try await eventually("the plugin's own child to be gone") { kill(child, 0) != 0 || isZombie(child) }
    }

    @Test func doesNotWaitForWhatIsLeftBehind() async throws {
        try script("sleep 1000 &\necho $! > \"$(dirname \"$0\")/child\"\n" + Self.counting)
        #expect(try await source(try plugin()).credential().authorization == .bearer("token-1"))
        let child = try fixture.folder.text("child").trimmingCharacters(in: .whitespacesAndNewlines)
        if let child = pid_t(child) { kill(child, SIGKILL) }
    }

    @Test func endsWithItsCaller() async throws {
        try script("touch \"$(dirname \"$0\")/started\"; exec sleep 1000")
        let source = source(try plugin())
        let caller = Task { try await source.credential() }
        try await eventually("the plugin to start") { fixture.folder.exists("started") }
        caller.cancel()
        let error = await #expect(throws: KubeError.self) { try await caller.value }
        guard case .cancelled? = error?.reason else { throw Unexpected("\(String(describing: error))") }
    }

    @Test func saysWhatToInstall() async throws {
        let source = source(try plugin(", installHint: 'get it from example.com'", command: "no-such-plugin-here"))
        let error = await #expect(throws: KubeError.self) { try await source.credential() }
        #expect(
            error?.description.hasSuffix(
                "it cannot be run: No such file or directory\nget it from example.com") == true)
    }

    @Test func needsATerminalWhereItSaysSo() async throws {
        try script(Self.counting)
        let source = source(try plugin(", interactiveMode: Always"))
        let error = await #expect(throws: KubeError.self) { try await source.credential() }
        #expect(error?.description.contains("standard input is none") == true)
        #expect(runs == 0)
    }
}

private func isZombie(_ process: pid_t) -> Bool {
    let status = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    return status.contains(") Z ")
}
