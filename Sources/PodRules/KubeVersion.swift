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

/// A defect of some kubelets that native sidecars meet. The one table of them: for `--kube-version`, `diagnose --preflight`
/// and the webhook.
package struct KubeletBug: Sendable, Equatable {
    /// What happens, as one sentence.
    package let words: String
    /// Where it was reported and mended.
    package let source: String
    /// No pod that is to end had better be converted for such a node.
    package var losesJobs = false
    /// From each release, up to the one that no longer has it.
    private let affected: [Range<KubeVersion>]
    private let meets: @Sendable (Circumstances) -> Bool

    /// What of a pod decides whether it meets a bug.
    package struct Circumstances: Sendable, Hashable {
        package var restartPolicy: String
        /// A native sidecar has a startup probe.
        package var hasStartupProbe: Bool

        package init(restartPolicy: String, hasStartupProbe: Bool) {
            self.restartPolicy = restartPolicy
            self.hasStartupProbe = hasStartupProbe
        }

        fileprivate var isToEnd: Bool { restartPolicy == "Never" || restartPolicy == "OnFailure" }
    }

    package static let all = [
        KubeletBug(
            words: "a pod with native sidecars may not end", source: "kubernetes#123709", losesJobs: true,
            affected: [KubeVersion(1, 29, 0)..<KubeVersion(1, 29, 3)], meets: \.isToEnd),
        KubeletBug(
            words: "an init container that the runtime failed to start once stays as it is, and main never starts",
            source: "kubernetes#126543; cherry-picks #127212, #127213, #127214",
            affected: [
                KubeVersion(1, 29, 0)..<KubeVersion(1, 29, 9), KubeVersion(1, 30, 0)..<KubeVersion(1, 30, 5),
                KubeVersion(1, 31, 0)..<KubeVersion(1, 31, 1),
            ], meets: { _ in true }),
        KubeletBug(
            words:
                "a sidecar with a startup probe whose first instance ends before it was probed is never probed again, "
                + "and main never starts (restartPolicy: Never)",
            source: "kubernetes#132826; mended by #133072, cherry-picks #134800 and #134801",
            affected: [
                KubeVersion(1, 29, 0)..<KubeVersion(1, 33, 6), KubeVersion(1, 34, 0)..<KubeVersion(1, 34, 2),
            ], meets: { $0.restartPolicy == "Never" && $0.hasStartupProbe }),
        KubeletBug(
            words:
                "main that crashes after the kubelet was restarted is not started again, while a sidecar with a startup "
                + "probe runs",
            source: "kubernetes#137146, cherry-pick #137885",
            affected: [KubeVersion(1, 35, 0)..<KubeVersion(1, 35, 4)],
            meets: { $0.restartPolicy != "Never" && $0.hasStartupProbe }),
    ]

    /// Whether a release has it; a version without a patch stands for its latest one.
    package func affects(_ version: KubeVersion) -> Bool {
        affected.contains { !(version < $0.lowerBound) && version < $0.upperBound }
    }

    package static func met(by pod: Circumstances, on version: KubeVersion) -> [KubeletBug] {
        all.filter { $0.meets(pod) && $0.affects(version) }
    }

    /// The releases that no longer have what a pod meets: `1.33.6, 1.34.2`. Every converted pod asks, of few kinds.
    package static func mended(for pod: Circumstances) -> String { words[pod] ?? words(pod) }

    private static let words = Dictionary(
        ["Always", "OnFailure", "Never"].flatMap { policy in
            [true, false].map { Circumstances(restartPolicy: policy, hasStartupProbe: $0) }
        }.map { ($0, words($0)) }, uniquingKeysWith: { $1 })

    private static func words(_ pod: Circumstances) -> String {
        Set(all.filter { $0.meets(pod) }.flatMap { $0.affected.map(\.upperBound) }).sorted().map(\.description)
            .joined(separator: ", ")
    }

    /// `1.29.0 to 1.33.5, 1.34.0 to 1.34.1`
    package var releases: String {
        affected.map { range in
            let last = KubeVersion(
                range.upperBound.major, range.upperBound.minor, range.upperBound.patch.map { $0 - 1 })
            return range.lowerBound == last ? "\(last)" : "\(range.lowerBound) to \(last)"
        }.joined(separator: ", ")
    }

    package static func == (left: KubeletBug, right: KubeletBug) -> Bool { left.source == right.source }
}
