import Testing

@testable import PodRules

@Suite struct KubeletBugTests {
    /// Which of the table's rows, by the issue they were reported in.
    private static func met(_ version: String, _ policy: String, _ hasProbe: Bool) throws -> [Substring] {
        let version = try #require(KubeVersion(version))
        return KubeletBug.met(by: .init(restartPolicy: policy, hasStartupProbe: hasProbe), on: version)
            .compactMap { $0.source.split(separator: ";").first?.split(separator: ",").first }
    }

    @Test(arguments: [
        ("1.29.0", "Never", false, ["kubernetes#123709", "kubernetes#126543"]),
        ("1.29.2", "Always", false, ["kubernetes#126543"]), ("v1.29.9-gke.100", "Never", false, []),
        ("1.29.9", "Never", true, ["kubernetes#132826"]), ("1.30", "Never", true, ["kubernetes#132826"]),
        ("1.31.0", "OnFailure", true, ["kubernetes#126543"]), ("1.33.5", "Never", true, ["kubernetes#132826"]),
        ("1.33.5", "Never", false, []), ("1.33.6", "Never", true, []), ("1.33", "Never", true, []),
        ("1.34.1", "Never", true, ["kubernetes#132826"]), ("1.34.1", "OnFailure", true, []),
        ("1.34.2", "Never", true, []),
        ("1.35.0", "Never", true, []), ("1.35.3", "OnFailure", true, ["kubernetes#137146"]),
        ("1.35.4", "Always", true, []), ("1.36.2", "Never", true, []),
    ])
    func aReleaseHasItsBugs(_ version: String, _ policy: String, _ hasProbe: Bool, _ bugs: [String]) throws {
        #expect(try Self.met(version, policy, hasProbe) == bugs.map { $0[...] })
    }

    @Test func theReleasesAreNamed() {
        #expect(
            KubeletBug.all.map(\.releases) == [
                "1.29.0 to 1.29.2", "1.29.0 to 1.29.8, 1.30.0 to 1.30.4, 1.31.0", "1.29.0 to 1.33.5, 1.34.0 to 1.34.1",
                "1.35.0 to 1.35.3",
            ])
        #expect(KubeletBug.all.allSatisfy { bug in KubeletBug.all.count { $0 == bug } == 1 })
        let pod = KubeletBug.Circumstances(restartPolicy: "Never", hasStartupProbe: true)
        #expect(KubeletBug.mended(for: pod) == "1.29.3, 1.29.9, 1.30.5, 1.31.1, 1.33.6, 1.34.2")
    }
}
