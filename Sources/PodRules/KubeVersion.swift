/// A version of Kubernetes: `1.29`, `v1.29.3`.
package struct KubeVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int?

    package static let nativeSidecars = KubeVersion(1, 29)
    /// The `sleep` action of hooks, on by default (KEP-3960).
    package static let sleepAction = KubeVersion(1, 30)
    package static let namedPorts = KubeVersion(1, 32)
    /// `resizePolicy` of native sidecars (KEP-1287).
    package static let sidecarResize = KubeVersion(1, 33)

    package init(_ major: Int, _ minor: Int, _ patch: Int? = nil) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    package init?(_ text: String) {
        let release = text.drop { $0 == "v" }.prefix { $0 != "-" && $0 != "+" }
        let parts = release.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard (2...3).contains(parts.count), let major = parts[0], let minor = parts[1] else { return nil }
        if parts.count == 3, parts[2] == nil { return nil }
        self.init(major, minor, parts.count == 3 ? parts[2] : nil)
    }

    /// A version without a patch stands for its latest one.
    package static func < (left: KubeVersion, right: KubeVersion) -> Bool {
        (left.major, left.minor, left.patch ?? .max) < (right.major, right.minor, right.patch ?? 0)
    }

    package var description: String { "\(major).\(minor)" + (patch.map { ".\($0)" } ?? "") }
}
