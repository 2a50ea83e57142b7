import Foundation
import TestSupport
import Testing

/// Fields of the agent itself.
extension FieldTests {
    private static let targets = ["to", "tokenFile", "headers", "timeout", "mode"].map { "state[].\($0)" }

    static let reports = [
        Exercise("where states are reported, and how", targets) {
            let stage = try FieldStage { request in
                request.target == "/state" && request.sequence == 0 ? [.delay(.seconds(3)), .respond(204)] : nil
            }
            defer { stage.stop() }
            try stage.folder.write("the-token\n", to: "token")
            let finished = try await stage.run(
                """
                state: [{to: 'URL/state', tokenFile: FOLDER/token, headers: {x-custom: mine}, timeout: 1s, mode: binary}]
                """)
            #expect(finished.status == .exited(0), "\(finished.error)")
            let posts = stage.requests("POST", "/state")
            #expect(posts.allSatisfy { $0["Authorization"] == "Bearer the-token" && $0["x-custom"] == "mine" })
            #expect(posts.allSatisfy { $0["ce-type"] == "cloud.k-pipe.sidecar.state.v1" })
            // The first had no answer within its time, and was made again.
            #expect(posts.count > 1 && posts[0]["ce-id"] == posts[1]["ce-id"])
        },
        Exercise("whom reports trust", ["state[].caFile"]) {
            guard Tool.nginx.path != nil, Tool.openssl.path != nil else { return }
            let certificates = try await Certificates()
            var options = Nginx.Options(certificates: certificates)
            options.directives = ["location /state { return 204; }"]
            let nginx = try await Nginx.start(options)
            let stage = try FieldStage()
            defer { stage.stop() }
            let finished = try await stage.run(
                "state: [{to: '\(nginx.url("state"))', caFile: \(certificates.authority)}]")
            #expect(finished.status == .exited(0), "\(finished.error)")
            #expect(nginx.requests.contains { $0.hasPrefix("POST /state 204") }, "\(nginx.requests)")
        },
        Exercise(
            "where the agent is and what it keeps",
            ["reports[].to", "monitor.interval", "workdir", "stateDir", "port", "grace"]
        ) {
            let stage = try FieldStage()
            defer { stage.stop() }
            let workdir = try stage.folder.makeFolder("elsewhere")
            let port = try freePorts(1)[0]
            let agent = try stage.agent(
                """
                workdir: FOLDER/elsewhere
                stateDir: FOLDER/memory
                port: \(port)
                grace: 7s
                monitor: {interval: 1s}
                reports: [{to: 'URL/report/'}]
                """)
            defer { agent.kill(group: true) }
            try await eventually("ready") { stage.folder.exists("elsewhere/ready") }
            #expect(try !stage.folder.list("memory").isEmpty)
            let answer = try await output("curl", ["-sf", "--noproxy", "*", "http://127.0.0.1:\(port)/state"])
            #expect(answer.contains("INITIALIZING") || answer.contains("state"))
            let main = try stage.main("sleep 3", workdir: workdir)
            #expect(try await main.wait(atMost: .seconds(60)) == .exited(0), "\(main.errorOutput)")
            agent.kill(SIGTERM)
            #expect(try await agent.wait(atMost: .seconds(60)) == .exited(0), "\(agent.errorOutput)")
            #expect(agent.errorOutput.contains("grace=7s"), "\(agent.errorOutput)")
            let report = try #require(stage.requests("PUT", "/report/report.json").last)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(report.body)) as? [String: Any])
            #expect("\(document)".contains("cpu"), "\(document.keys)")
        },
        Exercise("an ordinary container ends by itself", ["legacy"]) {
            let stage = try FieldStage()
            defer { stage.stop() }
            let workdir = try stage.folder.makeFolder("legacy")
            let agent = try stage.agent("workdir: FOLDER/legacy\nport: 0\nlegacy: true")
            defer { agent.kill(group: true) }
            try await eventually("ready") { stage.folder.exists("legacy/ready") }
            let main = try stage.main("true", workdir: workdir)
            #expect(try await main.wait(atMost: .seconds(60)) == .exited(0), "\(main.errorOutput)")
            #expect(try await agent.wait(atMost: .seconds(60)) == .exited(0), "\(agent.errorOutput)")
        },
    ]

    static let limits = [
        ("outputBytes", "1B", "echo more > output/x"), ("outputFiles", "1", "touch output/x output/y"),
        ("outputDepth", "1", "mkdir -p output/a/b; touch output/a/b/x"), ("unpackBytes", "1B", ""),
        ("unpackFiles", "1", ""),
    ].map { (name: String, value: String, script: String) in
        Exercise("limits.\(name)", ["limits.\(name)"]) {
            let tar = try TemporaryFolder("tar")
            for file in ["one", "two"] { try tar.write("more than a byte", to: file) }
            try await output("tar", ["-cf", tar["t.tar"], "-C", tar.path, "one", "two"])
            let stage = try FieldStage(["/t.tar": try tar.read("t.tar")])
            defer { stage.stop() }
            let entry =
                script.isEmpty
                ? "inputs: [{from: 'URL/t.tar', to: t, unpack: auto}]" : "outputs: [{from: '**', to: 'URL/out/'}]"
            let within = try await stage.run(entry, script.isEmpty ? "true" : script)
            #expect(within.status == .exited(0), "\(within.error)")
            let stage2 = try FieldStage(["/t.tar": try tar.read("t.tar")])
            defer { stage2.stop() }
            let beyond = try await stage2.run("limits: {\(name): \(value)}\n\(entry)", script.isEmpty ? "true" : script)
            #expect(beyond.status == .exited(script.isEmpty ? 65 : 74), "\(beyond.status) \(beyond.error)")
            #expect(beyond.error.contains(script.isEmpty ? "more than 1 " : "limits.\(name)"), "\(beyond.error)")
        }
    }
}
