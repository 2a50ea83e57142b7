import Foundation
import TestSupport
import Testing

@Suite struct RenderTests {
    private static let job = """
        apiVersion: v1
        kind: Pod
        metadata: {name: x}
        spec:
          containers:
          - name: main
            image: a
          - name: side
            image: b

        """

    private func render(_ arguments: [String], _ input: String = job, folder: String? = nil) async throws -> Finished {
        try await run(
            Product.sidecar.path, ["render", "convert"] + arguments, folder: folder, input: Array(input.utf8))
    }

    @Test func aFilterPrintsTheWholeStream() async throws {
        let finished = try await render(["--sidecar", "side"])
        #expect(finished.status == .exited(0))
        #expect(
            finished.output.contains("  initContainers:\n  - name: side\n    image: b\n    restartPolicy: Always\n"))
        #expect(finished.error.contains("<stdin>:8: KS103 warning: "))
        #expect(!finished.error.contains("KS100"))
    }

    @Test(
        arguments: [
            (["--check", "--sidecar", "side"], 1), (["--check"], 0), (["--sidecar", "nobody"], 65),
            (["--kube-version", "1.28"], 64), (["--kube-version", "new"], 64), (["-i"], 64), (["no-such-file"], 66),
            (["--sidecar", "side", "--sidecar", "main"], 65), (["/"], 64), (["--pod-spec-path", "spec..x[]"], 64),
        ] as [([String], Int32)])
    func theExitCodeSaysWhatHappened(_ arguments: [String], _ code: Int32) async throws {
        let finished = try await render(arguments)
        #expect(finished.status == .exited(code), "\(finished.error)")
        #expect(code == 0 || !finished.error.isEmpty)
        #expect(!arguments.contains("--check") || finished.output.isEmpty)
    }

    @Test func aCheckNamesWhatWouldChange() async throws {
        let finished = try await render(["--check", "--sidecar", "side"])
        #expect(finished.error.contains("<stdin>:8: KS100 note: side becomes a native sidecar\n"))
        #expect(finished.status == .exited(1))
    }

    @Test func brokenInputPrintsNothingOfAnyFile() async throws {
        let folder = try TemporaryFolder("render")
        try folder.write(Self.job, to: "a.yaml")
        try folder.write("kind: Pod\nspec: {{ .Values.spec }}\n", to: "b.yaml")
        let finished = try await render(["a.yaml", "b.yaml", "--sidecar", "side"], folder: folder.path)
        #expect(finished.status == .exited(65))
        #expect(finished.output.isEmpty)
        #expect(finished.error.contains("b.yaml:2:"))
    }

    @Test func filesAreReplacedInPlaceWithTheirPermissions() async throws {
        let folder = try TemporaryFolder("render")
        try folder.write(Self.job, to: "deep/a.yaml")
        try folder.write("not: converted\n", to: "deep/b.txt")
        chmod(folder["deep/a.yaml"], 0o640)
        let finished = try await render(["-i", "-R", ".", "--sidecar", "side"], folder: folder.path)
        #expect(finished.status == .exited(0))
        #expect(finished.output.isEmpty)
        #expect(try folder.text("deep/a.yaml").contains("restartPolicy: Always"))
        let mode = try FileManager.default.attributesOfItem(atPath: folder["deep/a.yaml"])[.posixPermissions] as? Int
        #expect(mode == 0o640)
        #expect(try folder.list() == ["deep", "deep/a.yaml", "deep/b.txt"])
        let again = try await render(["--check", "-R", ".", "--primary", "main"], folder: folder.path)
        #expect(again.status == .exited(0))
    }

    @Test func aDifferenceCanBePatchedIn() async throws {
        let folder = try TemporaryFolder("render")
        try folder.write(Self.job, to: "a.yaml")
        let finished = try await render(["--diff", "a.yaml", "--sidecar", "side"], folder: folder.path)
        #expect(finished.output.hasPrefix("--- a.yaml\n+++ a.yaml\n@@ -2,8 +2,10 @@\n"))
        #expect(try folder.text("a.yaml") == Self.job)
    }

    @Test func diagnosticsAreJSONOnDemand() async throws {
        let finished = try await render(["-o", "json", "-v", "--sidecar", "side"])
        let lines = finished.error.split(separator: "\n")
        #expect(lines.count >= 2)
        for line in lines {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            #expect(object?["file"] as? String == "<stdin>")
            #expect((object?["rule"] as? String)?.hasPrefix("KS") == true)
        }
    }

    @Test func severalFilesBecomeOneStream() async throws {
        let folder = try TemporaryFolder("render")
        try folder.write(String(Self.job.dropLast()), to: "a.yaml")
        try folder.write(Self.job, to: "b.yaml")
        let finished = try await render(["a.yaml", "b.yaml"], folder: folder.path)
        #expect(finished.output == Self.job + "---\n" + Self.job)
    }
}
