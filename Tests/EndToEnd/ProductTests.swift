import Foundation
import TestSupport
import Testing

@Suite struct ProductTests {
    @Test func helpShowsExamplesAndExitCodes() async throws {
        let help = try await output(Product.sidecar.path, ["--help"])
        for expected in ["EXAMPLES", "EXIT CODES", "SUBCOMMANDS"] { #expect(help.contains(expected)) }
    }

    @Test(arguments: [["--no-such-option"], ["no-such-command"], ["schema", "no-such-document"]])
    func aWrongCommandLineEndsWith64(_ arguments: [String]) async throws {
        let finished = try await run(Product.sidecar.path, arguments)
        #expect(finished.status == .exited(64))
        #expect(!finished.error.isEmpty)
        #expect(finished.output.isEmpty)
    }
}
