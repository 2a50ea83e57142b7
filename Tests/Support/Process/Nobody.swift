import Glibc
package import Testing

/// Runs programs as a user who owns nothing, from a test that is run by root, whom no mode bits stop.
package enum Nobody {
    private static let drop = ["--reuid=65534", "--regid=65534", "--clear-groups", "--no-new-privs"]

    package static func run(
        _ program: String, _ arguments: [String], environment: [String: String?] = [:], folder: String? = nil
    ) async throws -> Finished {
        guard geteuid() == 0 else {
            return try await TestSupport.run(program, arguments, environment: environment, folder: folder)
        }
        return try await TestSupport.run(
            "setpriv", drop + [program] + arguments, environment: environment, folder: folder)
    }

    static func canRun(_ product: Product) async -> Bool {
        guard let path = try? product.path else { return false }
        return (try? await run(path, ["--version"]))?.status == .exited(0)
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where nobody may run what was built.
    package static func requiresNobody(toRun product: Product) -> Self {
        .enabled("needs setpriv, and a build that others may read") { await Nobody.canRun(product) }
    }
}
