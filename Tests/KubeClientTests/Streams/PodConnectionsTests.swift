import FakeKube
import Foundation
import HTTPTransport
import KubeModel
import KubeTestSupport
import TestSupport
import Testing

@testable import KubeClient

/// Against the fake API server.
@Suite(.timeLimit(.minutes(20))) struct PodConnectionsTests {
    /// They end with the test.
    private let servers = Shared<[FakeAPIServer]>([])
    private static let pod = ObjectKey(namespace: "default", name: "web")

    @Test(arguments: ["v5.channel.k8s.io", "v4.channel.k8s.io"])
    func runsACommand(subprotocol: String) async throws {
        let (server, streams) = try await start { api, script in
            api.options.execProtocols = [subprotocol]
            script.exec = { call in
                PodScript.Run("\(call.container): \(call.command.joined(separator: "|"))", error: "oh", exitCode: 3)
            }
        }
        let result = try await streams.exec(ExecCommand(in: Self.pod, ["sh", "-c", "echo ü & exit 3"]))
        #expect(result.exitCode == 3)
        #expect(String(decoding: result.output, as: UTF8.self) == "main: sh|-c|echo ü & exit 3")
        #expect(String(decoding: result.error, as: UTF8.self) == "oh")
        #expect(server.requests.last?.headers.contains { $0.name == "User-Agent" } == true)
    }

    @Test func hasItsInputReadToTheEnd() async throws {
        let (server, streams) = try await start { _, script in
            script.exec = { _ in
                var run = PodScript.Run()
                run.echoesInput = true
                return run
            }
        }
        let input = seededBytes(1 << 20)
        let result = try await streams.exec(ExecCommand(in: Self.pod, ["cat"]), input: input)
        #expect(result.exitCode == 0)
        #expect(result.output == input)
        #expect(server.requests.count == 1)
    }

    @Test func keepsNoMoreOutputThanAskedFor() async throws {
        let (_, streams) = try await start { _, script in
            script.exec = { _ in PodScript.Run(String(repeating: "a", count: 1 << 20)) }
        }
        let result = try await streams.exec(ExecCommand(in: Self.pod, ["yes"]), limit: 1000)
        #expect(result.output.count == 1000)
        #expect(result.isCut)
        #expect(result.exitCode == 0)
    }

    @Test func tellsACommandThatCannotBeRun() async throws {
        let (_, streams) = try await start { _, script in
            script.exec = { _ in
                var run = PodScript.Run()
                run.failure = "executable file not found in $PATH"
                return run
            }
        }
        let error = await #expect(throws: KubeError.self) { try await streams.exec(ExecCommand(in: Self.pod, ["no"])) }
        #expect(error?.status?.message.contains("not found in $PATH") == true)
        // Another try would end the same.
        #expect(error?.isTransient == false)
    }

    @Test func refusesInTheServersWords() async throws {
        let (_, streams) = try await start { _, _ in }
        let missing = ObjectKey(namespace: "default", name: "none")
        let error = await #expect(throws: KubeError.self) { try await streams.exec(ExecCommand(in: missing, ["ls"])) }
        #expect(error?.status?.code == 404)
        #expect(error?.status?.message == #"pods "none" not found"#)
        let other = await #expect(throws: KubeError.self) {
            try await streams.exec(ExecCommand(in: Self.pod, container: "nope", ["ls"]))
        }
        #expect(other?.status?.code == 400)
        let forward = await #expect(throws: KubeError.self) {
            try await streams.roundTrip(PortRequest(to: missing, port: 80))
        }
        #expect(forward?.status?.reason == "NotFound")
    }

    @Test func doesNotWaitForEver() async throws {
        let (_, streams) = try await start { _, script in
            script.exec = { _ in
                var run = PodScript.Run("begun")
                run.hangs = true
                return run
            }
        }
        let error = await #expect(throws: KubeError.self) {
            try await streams.exec(ExecCommand(in: Self.pod, ["sleep"]), timeout: .milliseconds(300))
        }
        #expect(error?.isTransient == true)
        let task = Task { try await streams.exec(ExecCommand(in: Self.pod, ["sleep"])) }
        try await Task.sleep(for: .milliseconds(100))
        task.cancel()
        let cancelled = await #expect(throws: KubeError.self) { try await task.value }
        if case .cancelled = cancelled?.reason {} else { Issue.record("not cancelled") }
    }

    @Test func asksAPortOfThePodOnly() async throws {
        let port = try ScriptedHTTPServer { [.ok("you asked \($0.method) \($0.target) as \($0["Host"] ?? "")")] }
        defer { port.stop() }
        let (_, streams) = try await start { _, script in script.ports = [15020: port.port] }
        let answer = try await streams.roundTrip(PortRequest("POST", "/quitquitquit", to: Self.pod, port: 15020))
        #expect(answer.status == 200)
        #expect(String(decoding: answer.body, as: UTF8.self) == "you asked POST /quitquitquit as localhost:15020")
    }

    @Test(
        arguments: [
            // An answer that ends with the connection, one that is cut off, none, and one that is too long.
            ([.send("HTTP/1.1 200 OK\r\n\r\nall of it"), .close], "all of it"),
            ([.send("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"), .close], "busy"),
            ([.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"), .close], nil),
            ([.close], nil), ([.send("rubbish\r\n\r\n"), .close], nil),
            ([.respond(200, body: [UInt8](repeating: 0x61, count: 2000))], nil),
        ] as [([ScriptedHTTPServer.Step], String?)])
    func readsWhatThePortAnswers(_ steps: [ScriptedHTTPServer.Step], _ expected: String?) async throws {
        let port = try ScriptedHTTPServer { _ in steps }
        defer { port.stop() }
        let (_, streams) = try await start { _, script in script.ports = [80: port.port] }
        let answer = try? await streams.roundTrip(PortRequest(to: Self.pod, port: 80), limit: 1000)
        #expect(answer.map { String(decoding: $0.body, as: UTF8.self) } == expected)
    }

    @Test func waitsForAPortNoLongerThanAllowed() async throws {
        let port = try ScriptedHTTPServer { _ in [.stall] }
        defer { port.stop() }
        let (_, streams) = try await start { _, script in script.ports = [80: port.port] }
        let error = await #expect(throws: KubeError.self) {
            try await streams.roundTrip(PortRequest(to: Self.pod, port: 80), timeout: .milliseconds(300))
        }
        #expect(error?.isTransient == true)
    }

    @Test(.requires(.openssl), arguments: [false, true], [false, true])
    func goesThroughTLSAndAProxy(hasProxy: Bool, hasServerName: Bool) async throws {
        let certificates = try await Certificates()
        let (server, _) = try await start(.init(certificates: certificates)) { api, _ in
            api.access.rules = [.init("jane", may: ["get", "create"], ["pods/exec"])]
        }
        server.update { $0.access.demandsCredentials = true }
        let proxy = try ScriptedHTTPServer { request in
            guard request.method == "CONNECT", request["Proxy-Authorization"] == "Basic dTpw" else {
                return [.respond(407)]
            }
            return [.send("HTTP/1.1 200 Connection established\r\n\r\n"), .tunnel(port: server.port)]
        }
        defer { proxy.stop() }
        var access = ClusterAccess(
            server: ServerAddress(host: "127.0.0.1", port: server.port),
            trust: .pem(try bytes(certificates.authority)),
            serverName: hasServerName ? "localhost" : nil,
            proxy: hasProxy ? .url("http://u:p@127.0.0.1:\(proxy.port)") : .none,
            impersonation: Impersonation(user: "jane"),
            credentials: FixedCredential(
                Credential(
                    identity: try ClientIdentity(
                        certificate: try bytes(certificates.clientCertificate),
                        key: try bytes(certificates.clientKey)))))
        let command = ExecCommand(in: Self.pod, ["true"])
        _ = try await PodConnections(access, environment: [:]).exec(command, timeout: Self.patience)
        let seen = try #require(server.requests.last)
        #expect(seen.headers.contains { $0.name == "Impersonate-User" && $0.value == "jane" })

        // Who may run commands may not ask ports.
        let forbidden = await #expect(throws: KubeError.self) {
            try await PodConnections(access, environment: [:]).roundTrip(PortRequest(to: Self.pod, port: 80))
        }
        #expect(forbidden?.status?.reason == "Forbidden")

        // A name that is not in the certificate, an authority that did not sign it, a proxy that says no.
        access.serverName = "other.example.com"
        await expectRefusal(access, "made out to other.example.com")
        access.serverName = "localhost"
        access.trust = .system
        await expectRefusal(access, "CERTIFICATE_VERIFY_FAILED")
        access.proxy = .url("http://127.0.0.1:\(proxy.port)")
        await expectRefusal(access, "407")
    }

    /// More than a handshake takes on a machine that is busy with everything else.
    private static let patience = Duration.seconds(240)

    private func expectRefusal(_ access: ClusterAccess, _ word: String) async {
        let error = await #expect(throws: KubeError.self) {
            try await PodConnections(access, environment: [:])
                .exec(ExecCommand(in: Self.pod, ["true"]), timeout: Self.patience)
        }
        #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
    }

    private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    @Test func saysWhereNothingListens() async throws {
        let (_, streams) = try await start { _, _ in }
        let error = await #expect(throws: KubeError.self) {
            try await streams.roundTrip(PortRequest(to: Self.pod, port: 15020))
        }
        #expect(error?.description.contains("connection refused") == true)
    }

    @Test(arguments: [("GET", "/a b", 80), ("GET", "x", 80), ("GET\r\nX: y", "/", 80), ("GET", "/", 0), ("", "/", 80)])
    func sendsNothingThatIsNoRequest(_ method: String, _ path: String, _ port: Int) async throws {
        let (server, streams) = try await start { _, _ in }
        await #expect(throws: KubeError.self) {
            try await streams.roundTrip(PortRequest(method, path, to: Self.pod, port: port))
        }
        #expect(server.requests.isEmpty)
    }

    @Test func saysThatNobodyIsThere() async throws {
        let (server, streams) = try await start { _, _ in }
        await server.stop()
        let error = await #expect(throws: KubeError.self) { try await streams.exec(ExecCommand(in: Self.pod, ["ls"])) }
        #expect(error?.isTransient == true)
    }

    private func start(
        _ settings: FakeAPIServer.Settings = .init(), _ configure: (inout FakeAPI, inout PodScript) -> Void
    ) async throws -> (FakeAPIServer, PodConnections) {
        var api = FakeAPI()
        var script = PodScript()
        configure(&api, &script)
        api.pods["default/web"] = script
        let pod =
            #"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"#
            + #""spec":{"containers":[{"name":"main","image":"i"}]}}"#
        let creation = KubeRequest("POST", "/api/v1/namespaces/default/pods", body: Array(pod.utf8))
        guard case .answer(let answer) = api.handle(creation, now: .now) else { throw CancellationError() }
        #expect(answer.status == 201)
        let server = try await FakeAPIServer.start(api, settings)
        servers.change { $0.append(server) }
        let access = ClusterAccess(server: try #require(ServerAddress(server.url, secureByDefault: false)))
        return (server, PodConnections(access, environment: [:]))
    }
}
