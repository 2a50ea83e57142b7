import Foundation
import TestSupport
import Testing

@Suite struct ProductTests {
    static let commands: [[String]] = [
        ["agent"], ["run"], ["cp"], ["verify"], ["probe"], ["render", "convert"], ["render", "rules"], ["schema"],
    ]

    @Test func helpShowsExamplesAndExitCodes() async throws {
        let help = try await output(Product.sidecar.path, ["--help"])
        for expected in ["EXAMPLES", "EXIT CODES", "SUBCOMMANDS"] { #expect(help.contains(expected)) }
    }

    @Test(arguments: commands) func everyCommandHasExamplesLoggingAndAVersion(_ command: [String]) async throws {
        let help = try await output(Product.sidecar.path, command + ["--help"])
        for expected in ["EXAMPLES", "--log-level", "--log-format"] { #expect(help.contains(expected)) }
        let version = try await output(Product.sidecar.path, command + ["--version"])
        #expect(version == (try await output(Product.sidecar.path, ["--version"])))
        #expect(!version.isEmpty)
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func shellsCompleteCommandsAndLevels(_ shell: String) async throws {
        let script = try await output(Product.sidecar.path, ["--generate-completion-script", shell])
        for expected in ["verify", "convert", "log-level", "critical"] { #expect(script.contains(expected)) }
    }

    @Test(arguments: [
        ["--no-such-option"], ["no-such-command"], ["schema", "no-such-document"], ["cp", "one"],
        ["cp", "--log-level", "loud", "a", "b"], ["verify", "--log-format", "xml", "m"], ["probe", "done"],
        ["cp", "--part-size", "3", "a", "b"], ["cp", "--concurrency", "0", "a", "b"], ["run"],
    ])
    func aWrongCommandLineEndsWith64(_ arguments: [String]) async throws {
        let finished = try await run(Product.sidecar.path, arguments)
        #expect(finished.status == .exited(64))
        #expect(!finished.error.isEmpty)
        #expect(finished.output.isEmpty)
    }

    static let failing: [([String], Int32)] = [
        (["verify", "/no/such/manifest"], 66), (["probe", "ready", "--workdir", "/no/such/folder"], 1),
        (["cp", "/no/such/file", "/tmp/"], 66),
    ]

    @Test(arguments: failing)
    func aFailureIsOneLineOfTextOrJSON(_ arguments: [String], _ code: Int32) async throws {
        let text = try await run(Product.sidecar.path, arguments, environment: ["KPIPE_LOG_FORMAT": "text"])
        #expect(!text.error.hasPrefix("{") && text.error.contains("/no/such"))
        #expect(text.status == .exited(code))
        let json = try await run(Product.sidecar.path, arguments + ["--log-format", "json"])
        #expect(json.status == .exited(code))
        let lines = json.error.split(separator: "\n")
        #expect(lines.count == 1)
        let line = try JSONDecoder().decode([String: String].self, from: Data(lines[0].utf8))
        #expect(line["level"] == "error" && line["message"]?.contains("/no/such") == true)
    }

    @Test func probesAnswerFromTheMarkers() async throws {
        let folder = try TemporaryFolder("probe")
        func probe(_ marker: String) async throws -> Int32? {
            let byOption = try await run(Product.sidecar.path, ["probe", marker, "--workdir", folder.path])
            guard case .exited(let code) = byOption.status else { return nil }
            return code
        }
        for marker in ["ready", "started", "healthy"] {
            #expect(try await probe(marker) == 1)
            try folder.write("", to: marker)
            let byVariable = try await run(
                Product.sidecar.path, ["probe", marker], environment: ["KPIPE_WORKDIR": folder.path])
            #expect(byVariable.status == .exited(0))
        }
        #expect(try await probe("ready") == 0)
        #expect(try await probe("started") == 0)
        // Taken away by the probe before.
        #expect(try await probe("healthy") == 1)
    }
}
