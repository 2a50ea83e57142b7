import Foundation
import TestSupport
import Testing

/// `kpipe-sidecar run` without any server: what it tells of a step on this machine.
struct LocalRunTests {
    struct Manifest: Decodable {
        struct File: Decodable {
            let path: String
            let url: String
        }
        let files: [File]
        let summary: [String: String]?
    }

    private func run(_ more: String, _ script: String) async throws -> (folder: TemporaryFolder, Finished, Manifest) {
        let folder = try TemporaryFolder("local")
        try folder.write("b\na\n", to: "words 1")
        let file = try folder.write(
            """
            inputs: [{from: '\(folder.url.absoluteString)words%201', to: words}]
            outputs: [{from: '**', to: '\(folder.url.absoluteString)out/'}]
            \(more)
            """, to: "step.yaml")
        let finished = try await TestSupport.run(
            Product.sidecar.path,
            ["run", "--config", file, "--workdir", folder["workdir"], "--", "sh", "-ec", script],
            environment: ["KPIPE_CONFIG": nil])
        let manifest = try JSONDecoder().decode(
            Manifest.self, from: Data(folder.read("out/kpipe-manifest.json")))
        return (folder, finished, manifest)
    }

    @Test func theManifestNamesURLsAndLeavesOutWhatIsUnknown() async throws {
        let (folder, finished, manifest) = try await run("", "sort input/words > 'output/sorted words'")
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(manifest.summary == nil)
        let sorted = try #require(manifest.files.first { $0.path == "sorted words" })
        #expect(sorted.url == "file://\(folder.path)/out/sorted%20words")
        #expect(try folder.text("out/sorted words") == "a\nb\n")
        #expect(finished.error.contains(" 1 input in place"), "\(finished.error)")
        #expect(finished.error.contains(" 3 outputs stored"), "\(finished.error)")
    }

    /// All processes of a user have 128 watches by default, and many pods of a node may be of one user.
    @Test(.enabled(if: getuid() == 0, "a limit of one's own needs a user namespace"))
    func `a kernel that grants no watch costs a moment and no step`() async throws {
        let folder = try TemporaryFolder("local")
        let finished = try await TestSupport.run(
            "unshare",
            [
                "-Ur", "sh", "-c", #"echo 0 > /proc/sys/user/max_inotify_instances && exec "$0" "$@""#,
                Product.sidecar.path, "run", "--workdir", folder["workdir"], "--", "sh", "-c",
                "echo SORTING > state; sleep 1; exit 3",
            ], environment: ["KPIPE_CONFIG": "outputs: [{from: '**', to: '\(folder.url.absoluteString)out/'}]"])
        #expect(finished.status == .exited(3), "\(finished.error)")
        #expect(finished.error.contains("SORTING") && folder.exists("out/log"), "\(finished.error)")
    }

    /// The machine's other processes are in the same control group, so the processes are asked.
    @Test func theFiguresAreThoseOfTheCommandAlone() async throws {
        let (_, finished, manifest) = try await run(
            "monitor: {interval: 1s}", "i=0; while [ $i -lt 50000 ]; do i=$((i+1)); done")
        #expect(finished.status == .exited(0), "\(finished.error)")
        let summary = try #require(manifest.summary)
        for container in ["main", "agent"] {
            let peak = try #require(summary["\(container).memory-peak"].flatMap { Int($0) })
            #expect((100 << 10..<300 << 20).contains(peak), "\(summary)")
            let cpu = try #require(summary["\(container).cpu"].flatMap { Int($0) })
            #expect((1000..<60_000_000).contains(cpu), "\(summary)")
            #expect(summary["\(container).processes"] == nil && summary["\(container).memory-limit"] == nil)
        }
    }
}
