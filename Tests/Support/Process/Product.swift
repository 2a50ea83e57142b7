import Foundation

/// A program of this package, as it was built beside the tests.
package enum Product: Sendable {
    case sidecar
    case entrypoint
    /// The same as it ships, where a sanitizer's build has an ordinary program in its place.
    case staticEntrypoint
    /// A contender for leadership; see `Tests/Support/ElectorProgram`.
    case elector

    private var name: String {
        switch self {
        case .sidecar: "kpipe-sidecar"
        case .entrypoint, .staticEntrypoint: "kpipe-entrypoint"
        case .elector: "elector"
        }
    }

    /// Its path. Throws where it was not built (`swift build` builds it; `swift test` does too).
    package var path: String {
        get throws {
            let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
            let beside = URL(filePath: tests).deletingLastPathComponent().path
            let folder = ProcessInfo.processInfo.environment["KPIPE_STATIC_PROGRAMS"].flatMap {
                self == .staticEntrypoint ? $0 : nil
            }
            let path = "\(folder ?? beside)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                throw ProcessError(description: "\(path) is missing: run swift build")
            }
            return path
        }
    }
}
