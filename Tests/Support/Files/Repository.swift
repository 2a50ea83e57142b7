import Foundation

/// The source tree that the tests were built from.
public enum Repository {
    public static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .path

    public static func path(_ name: String) -> String { "\(root)/\(name)" }
}
