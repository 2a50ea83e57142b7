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
        #expect(finished.output.hasPrefix("--- a/a.yaml\n+++ b/a.yaml\n@@ -2,8 +2,10 @@\n"))
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

    // MARK: A repository

    private static let marked = """
        apiVersion: v1
        kind: Pod
        metadata: {name: x}
        spec:
          containers:
          - {name: main, image: a}
          - {name: side, image: b, env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]}

        """

    /// What a repository holds beside manifests is passed over and counted; what cannot be read is told, and the rest done.
    private func repository() throws -> TemporaryFolder {
        let folder = try TemporaryFolder("repository")
        try folder.write(Self.marked, to: "deploy/a.yaml")
        try folder.write(
            "{{- if .Values.x }}\nkind: Pod\nspec: {{ .Values.spec }}\n{{- end }}\n", to: "chart/templates/t.yaml")
        try folder.write("{\"name\": \"x\", \"version\": 1,}", to: "package.json")
        try folder.write("on: push\njobs: {}\n", to: "ci.yml")
        try folder.write(
            "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - {name: fluent-bit, image: fluent-bit}\n",
            to: "one.yaml")
        try folder.write(Self.marked, to: "vendor/deep/b.yaml")
        return folder
    }

    @Test func aRepositoryIsGoneThroughToItsEnd() async throws {
        let folder = try repository()
        let checked = try await render(
            ["--check", "--detect", "-R", ".", "--kube-version", "1.36"], folder: folder.path)
        #expect(checked.status == .exited(1), "\(checked.error)")
        #expect(checked.error.contains("deploy/a.yaml:7: KS100 note: side becomes a native sidecar\n"))
        #expect(
            checked.error.contains("6 files, 2 would change; passed over: 1 templates, 2 no Kubernetes\n"),
            "\(checked.error)")
        for options in [["--exclude", "vendor/"], ["--exclude", "**/b.yaml"]] {
            let less = try await render(["--check", "-R", "."] + options, folder: folder.path)
            #expect(!less.error.contains("b.yaml:"), "\(less.error)")
            #expect(less.error.contains("1 excluded"))
        }
        try folder.write("# not ours\n/deploy\ndeep/\n", to: ".kpipeignore")
        let none = try await render(["--check", "-R", "."], folder: folder.path)
        #expect(none.status == .exited(0), "\(none.error)")
        #expect(none.error.contains("2 excluded"))
        // A broken manifest is an error, but hides no other.
        try folder.write("", to: ".kpipeignore")
        try folder.write("kind: Pod\nspec: [\n", to: "broken.yaml")
        let diff = try await render(["--diff", "-R", "."], folder: folder.path)
        #expect(diff.status == .exited(65))
        #expect(diff.output.contains("--- a/deploy/a.yaml\n") && diff.output.contains("--- a/vendor/deep/b.yaml\n"))
        #expect(diff.error.hasPrefix("broken.yaml:") || diff.error.contains("\nbroken.yaml:"))
        try folder.write(diff.output, to: "all.patch")
        for command in [["git", "apply", "--check", "all.patch"], ["patch", "--dry-run", "-p1", "-i", "all.patch"]] {
            let applied = try await run("/usr/bin/env", command, folder: folder.path)
            #expect(applied.status == .exited(0), "\(applied.error)")
        }
    }

    /// What is no file is not opened: a pipe would be waited for. A file and links to it are one.
    @Test func whatIsFoundBelowAFolderIsAFileAndCountsOnce() async throws {
        let folder = try TemporaryFolder("links")
        try folder.write(Self.marked, to: "deploy/b.yaml")
        #expect(mkfifo(folder["pipe.yaml"], 0o600) == 0)
        for (link, target) in [
            ("a.yaml", "deploy/b.yaml"), ("deploy/z.yaml", "b.yaml"), ("folder.yaml", "deploy"),
            ("p.yaml", "pipe.yaml"),
        ] { #expect(symlink(target, folder[link]) == 0) }
        let diff = try await render(["--diff", "-R", "."], folder: folder.path)
        #expect(diff.status == .exited(0), "\(diff.error)")
        #expect(diff.output.split(separator: "\n").filter { $0.hasPrefix("--- ") } == ["--- a/deploy/b.yaml"])
        #expect(diff.error.contains("1 file, 1 would change"), "\(diff.error)")
    }

    @Test func aFileThatCannotBeReadHidesNoOther() async throws {
        let folder = try TemporaryFolder("render")
        try folder.write(Self.marked, to: "a.yaml")
        let diff = try await render(["--diff", "gone.yaml", "a.yaml"], folder: folder.path)
        #expect(diff.status == .exited(66))
        #expect(diff.output.hasPrefix("--- a/a.yaml\n"))
        let replaced = try await render(["-i", "gone.yaml", "a.yaml"], folder: folder.path)
        #expect(replaced.status == .exited(66))
        #expect(try folder.text("a.yaml").contains("restartPolicy: Always"))
    }

    @Test func templatesAreNamedOneByOneOnlyToBeReadUnlessToldOtherwise() async throws {
        let folder = try repository()
        let files = ["chart/templates/t.yaml", "package.json"]
        #expect(try await render(["--check"] + files, folder: folder.path).status == .exited(65))
        let passed = try await render(["--check", "--pass-over"] + files, folder: folder.path)
        #expect(passed.status == .exited(0), "\(passed.error)")
    }

    @Test func aFindingMayStandWithAReason() async throws {
        let annotated = Self.marked.replacing(
            "{name: x}", with: "{name: x, annotations: {sidecar.k-pipe.cloud/ignore: 'KS103 it is a log shipper'}}")
        for text in [
            "# sidecar.k-pipe.cloud/ignore: KS103 it is a log shipper\n" + Self.marked, annotated,
            Self.marked.replacing(
                "  - {name: side", with: "  # sidecar.k-pipe.cloud/ignore: KS103 quick\n  - {name: side"),
        ] {
            let finished = try await render(["--kube-version", "1.36", "-v"], text)
            #expect(finished.error.contains("KS103 note: "), "\(text)\n\(finished.error)")
            #expect(finished.error.contains("(ignored: "))
        }
        let without = try await render(
            ["--kube-version", "1.36"], "# sidecar.k-pipe.cloud/ignore: KS103\n" + Self.marked)
        #expect(without.error.contains("KS103 warning: ") && without.error.contains("KS135 warning: "))
    }

    @Test func findingsComeAsToolsReadThem() async throws {
        let folder = try repository()
        try folder.write("severities: {KS103: 'off', KS121: 'off'}\nexclude: [vendor/, chart/]\n", to: "kpipe.yaml")
        let github = try await render(
            ["--check", "-R", ".", "-o", "github", "--config", "kpipe.yaml"], folder: folder.path)
        #expect(
            github.output == "::notice file=deploy/a.yaml,line=7,title=KS100 A container became a native sidecar::"
                + "side becomes a native sidecar [docs/rules.md#ks100-a-container-became-a-native-sidecar]\n",
            "\(github.output)")
        let options = ["--check", "-R", ".", "-o", "sarif", "--output-file", "out.sarif"]
        #expect(try await render(options, folder: folder.path).status == .exited(1))
        let sarif = try JSONSerialization.jsonObject(with: Data(folder.text("out.sarif").utf8)) as? [String: Any]
        #expect(sarif?["version"] as? String == "2.1.0")
        #expect(try await render(["-o", "sarif", "-R", "."], folder: folder.path).status == .exited(64))
        let wrong = try await render(["--check", "--config", "ci.yml"], folder: folder.path)
        #expect(wrong.status == .exited(65))
        #expect(wrong.error.contains("ci.yml:1:"), "\(wrong.error)")
    }

    /// Marks of order and ends of lines stay where they are.
    @Test(arguments: [
        "\u{FEFF}\(marked)---\n\(marked)", marked.replacing("\n", with: "\r\n"),
        "\(marked)---\n# tab\t\n\(marked)",
    ])
    func textIsKeptAsItIs(_ text: String) async throws {
        let finished = try await render(["--kube-version", "1.36"], text)
        #expect(finished.status == .exited(0), "\(finished.error)")
        let ends = text.contains("\r")
        #expect(finished.output.utf8.count { $0 == 0x0D } == (ends ? finished.output.utf8.count { $0 == 0x0A } : 0))
        #expect(
            finished.output.unicodeScalars.count { $0 == "\u{FEFF}" } == text.unicodeScalars.count { $0 == "\u{FEFF}" })
        #expect(finished.output.contains("initContainers"))
    }

    /// A stream has one mark of order at most; of several files, those of the later ones go.
    @Test func aMarkOfOrderStandsAtTheStartAlone() async throws {
        let folder = try TemporaryFolder("render")
        for name in ["a.yaml", "b.yaml"] { try folder.write("\u{FEFF}\(Self.marked)", to: name) }
        let both = try await render(["a.yaml", "b.yaml", "--kube-version", "1.36"], folder: folder.path)
        #expect(both.status == .exited(0), "\(both.error)")
        #expect(both.output.unicodeScalars.count { $0 == "\u{FEFF}" } == 1)
        let middle = try await render([], "\(Self.marked)---\n\u{FEFF}\(Self.marked)")
        #expect(middle.status == .exited(65))
        #expect(
            middle.error.contains("<stdin>:9:1: error: a byte order mark stands in the middle of the stream"),
            "\(middle.error)")
    }
}
