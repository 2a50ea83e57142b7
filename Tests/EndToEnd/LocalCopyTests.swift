import FakeKube
import Foundation
import Report
import TestSupport
import Testing

/// `cp` and `verify` on this machine alone, and what becomes of a command whose output nobody can keep.
@Suite struct LocalCopyTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("local") }

    private func kpipe(_ arguments: String..., input: [UInt8] = []) async throws -> Finished {
        try await run(
            Product.sidecar.path, arguments, environment: ["no_proxy": "*"], folder: folder.path, input: input)
    }

    @Test func `a pipe and a socket are not replaced`() async throws {
        try folder.write("x", to: "a/x")
        #expect(mknod(folder["pipe"], S_IFIFO | 0o600, 0) == 0)
        _ = try folder.makeFolder("d")
        #expect(mknod(folder["d/x"], S_IFSOCK | 0o600, 0) == 0)
        for (source, target, kind) in [("a/x", "pipe", "a pipe"), ("-", "pipe", "a pipe"), ("a/", "d", "a socket")] {
            let refused = try await kpipe("cp", source, target)
            #expect(refused.status == .exited(74), "\(refused.error)")
            #expect(refused.error.contains("is \(kind), and no file takes its place (write to it with `-` and `>`)"))
        }
        #expect(try folder.list() == ["a", "a/x", "d", "d/x", "pipe"])
    }

    @Test func `standard output has the object and nothing else`() async throws {
        try folder.write("words\n", to: "x")
        let copied = try await kpipe("cp", "--json", "x", "-")
        #expect(copied.status == .exited(0) && copied.output == "words\n", "\(copied.output)")
        let lines = copied.error.split(separator: "\n")
        #expect(
            lines.count == 2 && lines[0].contains(#""event":"finished""#) && lines[1].contains(#""event":"summary""#))
        let failed = try await kpipe("cp", "--json", "gone", "-")
        #expect(failed.status == .exited(66) && failed.output == "" && failed.error.contains(#""event":"failed""#))
        #expect(try await kpipe("cp", "x", "-").error == "")
    }

    @Test func `a rehearsal neither prints nor stores`() async throws {
        try folder.write("words\n", to: "x")
        let printed = try await kpipe("cp", "--dry-run", "x", "-")
        #expect(printed.status == .exited(0) && printed.output == "x - (6 B)\n", "\(printed.output)")
        let stored = try await kpipe("cp", "--dry-run", "-", "y", input: Array("words".utf8))
        #expect(stored.status == .exited(0) && stored.output.hasPrefix("y -"), "\(stored.output)\(stored.error)")
        #expect(try folder.list() == ["x"])
    }

    @Test func `what is there is skipped, until its source is newer`() async throws {
        try folder.write("x", to: "a/x")
        func skipped() async throws -> Int {
            let copied = try await kpipe("cp", "--json", "--skip-existing", "a/", "b/")
            #expect(copied.status == .exited(0), "\(copied.error)")
            return copied.output.split(separator: "\n").count { $0.contains(#""event":"skipped""#) }
        }
        #expect(try await skipped() == 0)
        #expect(try await skipped() == 1)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: 3600)], ofItemAtPath: folder["a/x"])
        #expect(try await skipped() == 0)
    }

    @Test func `names steer no terminal, and what is left out is named`() async throws {
        let name = "a\u{1B}[2J\n\u{202E}"
        try folder.write("x", to: "a/\(name)")
        symlink("nothing", folder["a/link"])
        #expect(mknod(folder["a/pipe"], S_IFIFO | 0o600, 0) == 0)
        let copied = try await kpipe("cp", "a/", "b/")
        #expect(copied.status == .exited(0), "\(copied.error)")
        #expect(copied.output == #"a/a\u{1B}[2J\n\u{202E} a\u{1B}[2J\n\u{202E}"# + "\n")
        #expect(copied.error.contains("a/link: the symbolic link leads nowhere"))
        #expect(copied.error.contains("a/pipe: a pipe is not stored"))
        let json = try await kpipe("cp", "--json", "--exclude", "link", "--exclude", "pipe", "a/", "c/")
        #expect(json.error == "")
        let line = try #require(json.output.split(separator: "\n").first)
        #expect(!line.unicodeScalars.contains("\u{202E}") && !line.unicodeScalars.contains("\u{1B}"))
        let fields = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        #expect(fields?["path"] as? String == name)
    }

    @Test(
        arguments: [
            (["cp", "a", "b"], 64, "is a folder (write a/ or -R"),
            (["cp", "a/", "-"], 64, "standard output takes one object"),
            (["cp", "-", "a/"], 64, "give the file a name: a/NAME"),
            (
                ["cp", "http://127.0.0.1:1/f", "g", "--attempts", "1"], 75,
                ": no connection; given up after 1 try ("
            ),
            (["run", "--config", "env.yaml", "--", "true"], 78, "no such placeholder {env.}"),
        ] as [([String], Int32, String)])
    func `what is wrong is said once, with what to write`(arguments: [String], code: Int32, words: String) async throws
    {
        try folder.write("x", to: "a/x")
        try folder.write("outputs: [{from: '**', to: 'file:///{env.}/'}]", to: "env.yaml")
        let refused = try await run(
            Product.sidecar.path, arguments, environment: ["no_proxy": "*"], folder: folder.path)
        #expect(refused.status == .exited(code) && refused.error.contains(words), "\(refused.error)")
        #expect(refused.error.split(separator: "127.0.0.1", omittingEmptySubsequences: false).count <= 2)
    }

    @Test func `what a step stored here is verified where its manifest lies`() async throws {
        try folder.write(
            "outputs: [{from: '**', to: '\(folder.url.absoluteString)out/', exclude: [log, error]}]", to: "step.yaml")
        let step = try await kpipe("run", "--config", "step.yaml", "--", "sh", "-c", "cd output; echo 1 >a; echo 2 >b")
        #expect(step.status == .exited(0), "\(step.error)")
        for place in ["out/", "out", "out/kpipe-manifest.json", "\(folder.url.absoluteString)out/"] {
            let verified = try await kpipe("verify", place)
            #expect(verified.status == .exited(0), "\(place): \(verified.output)\(verified.error)")
        }
        try folder.write("3\n", to: "out/a")
        try FileManager.default.removeItem(atPath: folder["out/b"])
        let damaged = try await kpipe("verify", "out/")
        #expect(damaged.status == .exited(65) && damaged.output.split(separator: "\n").count == 2, "\(damaged.output)")
        #expect(damaged.error == "kpipe-sidecar: 2 of 2 files differ or are missing\n")
    }

    @Test(arguments: [
        "schema agent", "schema terminator", "schema report", "render rules", "--help", "cp --help", "--version",
        "report report.json", "report report.json -o html", "report report.json -o json", "report report.json -o junit",
        "verify --json .", "cp --json x y", "cp x y", "cp --dry-run x y", "cp x -", "render convert pod.yaml",
        "render convert --diff pod.yaml", "render explain pod.yaml", "diagnose -A", "diagnose -A -o html",
        "diagnose -A -o json",
    ])
    func `a full disk is a failure, and a reader who has left is none`(_ words: String) async throws {
        var environment: [String: String?] = ["no_proxy": "*", "KUBECONFIG": folder["config"]]
        environment["KPIPE"] = try Product.sidecar.path
        try folder.write("x", to: "x")
        let sum = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
        try folder.write(
            #"{"version":1,"step":{},"summary":{},"files":[{"path":"x","url":"s3://b/x","size":1,"sha256":"\#(sum)"}]}"#,
            to: "kpipe-manifest.json")
        var record = StepRecord()
        record.step.pod = "step"
        try folder.write(record.encoded, to: "report.json")
        try folder.write(
            """
            {apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: {restartPolicy: Never,
              containers: [{name: a, image: a}, {name: b, image: b,
                env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]}]}}}}
            """, to: "pod.yaml")
        let server = try await FakeAPIServer.start()
        try folder.write(server.kubeconfig(namespace: "default"), to: "config")
        let full = try await run(
            "/bin/sh", ["-c", "exec \"$KPIPE\" \(words) >/dev/full"], environment: environment, folder: folder.path)
        #expect(full.status == .exited(74), "\(full.status) \(full.error)")
        #expect(full.error.contains("No space left on device"), "\(full.error)")
        let left = try await run(
            "/bin/bash", ["-c", "trap '' PIPE; \"$KPIPE\" \(words) | true; exit ${PIPESTATUS[0]}"],
            environment: environment, folder: folder.path)
        // The object itself would not be whole.
        if words != "cp x -" {
            #expect(left.status == .exited(0) && !left.error.contains("standard output"), "\(left.error)")
        }
        withExtendedLifetime(server) {}
    }
}
