import Basics
import Foundation
import TestSupport
import Testing

/// What `scripts/release` makes of programs that are built: the same bytes, whoever makes it and wherever.
@Suite(.timeLimit(.minutes(20))) struct ReleaseTests {
    private static func release(_ folder: TemporaryFolder, umask: String, zone: String) async throws -> [String: String]
    {
        let programs = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path
        let dist = try folder.makeFolder("dist")
        let scratch = try folder.makeFolder("scratch")
        try await output(
            "/bin/sh",
            ["-c", "umask \(umask); exec scripts/release \(Version.current) --bin '\(programs)' --dist '\(dist)'"],
            environment: ["SOURCE_DATE_EPOCH": "1700000000", "TZ": zone, "LC_ALL": "C.UTF-8", "TMPDIR": scratch],
            folder: Repository.path(""), limit: .seconds(600))
        try await output("sha256sum", ["--check", "--strict", "SHA256SUMS"], folder: dist)
        return try Dictionary(
            uniqueKeysWithValues: folder.text("dist/SHA256SUMS").split(separator: "\n").map { line in
                let words = line.split(separator: " ")
                return (String(words[1]), String(words[0]))
            })
    }

    @Test func itIsTheSameTwice() async throws {
        async let first = Self.release(TemporaryFolder("release"), umask: "022", zone: "UTC")
        async let second = Self.release(TemporaryFolder("again"), umask: "077", zone: "Pacific/Kiritimati")
        let (one, other) = try await (first, second)
        #expect(one == other)
        let version = Version.current
        let kinds = Set(
            one.keys.map { name in
                ["amd64", "arm64"].reduce(name) { $0.replacing($1, with: "ARCH") }.replacing(version, with: "VERSION")
            })
        #expect(
            kinds == [
                "install.yaml", "kpipe-exit-ARCH.oci.tar", "kpipe-sidecar-ARCH.oci.tar", "kpipe-sidecar-ARCH.spdx.json",
                "kpipe-sidecar-VERSION-linux-ARCH.tar.gz", "kpipe-sidecar-VERSION.tgz",
                "kpipe-sidecar_VERSION_ARCH.deb",
                "kpipe.yaml",
            ])
    }
}
