import Foundation

/// A program of this package, as it was built beside the tests.
package enum Product: String, Sendable {
    case sidecar = "kpipe-sidecar"
    case entrypoint = "kpipe-entrypoint"
    /// A contender for leadership; see `Tests/Support/ElectorProgram`.
    case elector

    /// Its path. Throws where it was not built (`swift build` builds it; `swift test` does too).
    package var path: String {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            var path = URL(filePath: tests).deletingLastPathComponent().appending(path: rawValue).path
            // A sanitizer's build has no static programs: those of the ordinary one stand in.
            if let other = ProcessInfo.processInfo.environment["KPIPE_STATIC_PROGRAMS"], self == .entrypoint {
                path = "\(other)/\(rawValue)"
            }
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw ProcessError(description: "\(path) is missing: run swift build")
            }
            return path
        }
    }
}
