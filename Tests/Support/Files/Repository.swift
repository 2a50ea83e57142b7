import Foundation

/// The source tree that the tests were built from.
package enum Repository {
    package static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    package static func path(_ name: String) -> String { "\(root)/\(name)" }
}
