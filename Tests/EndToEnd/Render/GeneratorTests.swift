import Foundation
import TestSupport
import Testing

/// The generators as one calls them: what is printed where, and the exit code.
@Suite struct GeneratorTests {
    private func render(_ arguments: [String], _ input: String = "") async throws -> Finished {
        try await run(Product.sidecar.path, ["render"] + arguments, input: Array(input.utf8))
    }

    @Test func aStepFromOptionsIsAWholeJob() async throws {
        let finished = try await render([
            "job", "--name", "words", "--image", "i", "--input", "parts/=s3://b/part-*.csv", "--input",
            "https://x.example/a?b=c", "--output", "s3://b/out/", "--env", "A=b=c", "--requests", "cpu=1",
            "--agent-secret",
            "s3", "--", "sh", "-c", "sort input/*",
        ])
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(finished.error.isEmpty)
        for line in [
            "kind: Job", "          name: s3", "              to: parts/", "          value: b=c",
            "        - sort input/*",
            "            - from: https://x.example/a?b=c", "            - from: \"**\"",
        ] { #expect(finished.output.contains("\(line)\n"), "\(line)") }
    }

    @Test func anOptionGoesBeforeTheFile() async throws {
        let file = "name: a\nimage: i\ncommand: [x]\noutputs: [{from: a, to: 's3://b/'}]\n"
        let finished = try await render(
            ["job", "-", "--name", "b", "--output", "c=s3://d/", "--schedule", "0 3 * * *", "-o", "json"], file)
        #expect(finished.status == .exited(0), "\(finished.error)")
        let object = try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any]
        #expect(object?["kind"] as? String == "CronJob")
        #expect((object?["metadata"] as? [String: Any])?["name"] as? String == "b")
        #expect(finished.output.contains("- from: c"))
        #expect(finished.output.contains("- from: a"))
    }

    @Test(
        arguments: [
            (["job", "--name", "a", "--image", "i"], "", 65, "command"),
            (["job", "--name", "a", "--image", "i", "--input", "ftp://x", "--", "c"], "", 65, "inputs[0].from"),
            (["job", "no-such-file"], "", 66, "no-such-file"), (["job", "-"], "a: [", 65, "<stdin>:"),
            (["job", "-", "--retries", "many", "--", "c"], "name: a\nimage: b\n", 65, "retries"),
            (["job", "-", "--requests", "cpu"], "{}", 64, "'cpu'"), (["job", "-", "--env", "FOO"], "{}", 64, "'FOO'"),
            (["job", "-", "--env", "=x"], "{}", 64, "'=x'"), (["job", "-", "--limits", "cpu=1,"], "{}", 64, "''"),
            (
                ["job", "--schedule", "99 * * * *", "--name", "a", "--image", "i", "--", "c"], "", 65,
                "schedule: the minute"
            ),
            (["job", "--limits", "memory=-1", "--name", "a", "--image", "i", "--", "c"], "", 65, "limits.memory"),
            (["job", "--agent-secret", "A b", "--name", "a", "--image", "i", "--", "c"], "", 65, "secretRef.name"),
            (["install", "--namespace", "A_b"], "", 64, "--namespace"),
            (["install", "--image", "a b"], "", 64, "--image"),
            (["install", "--image", ""], "", 64, "--image"), (["install", "--exit-image", ""], "", 64, "--exit-image"),
            (["install", "--replicas", "9999999999"], "", 64, "--replicas"),
            (["install", "--config", "-"], "ladder: [imag]\n", 78, "<stdin>:1:10: ladder[0]"),
            (["hkube"], "{}", 65, "sideCars"), (["hkube", "--kind", "x"], "{}", 64, "--kind"),
            (["hkube", "--kind", "job"], #"{"sideCars": [{"container": {"name": "a", "image": "b"}}]}"#, 65, "--name"),
            (["flyte"], "pod_spec: {}", 65, "image"), (["flyte"], "[", 65, "<stdin>:"),
            (["function"], "kind: List", 65, "ResourceList"), (["function"], "a: [", 65, "<stdin>:"),
        ] as [([String], String, Int32, String)])
    func whatIsWrongIsSaidAndNothingIsPrinted(
        _ arguments: [String], _ input: String, _ code: Int32, _ words: String
    ) async throws {
        let finished = try await render(arguments, input)
        #expect(finished.status == .exited(code), "\(finished.error)")
        #expect(finished.error.contains(words), "\(finished.error)")
        #expect(finished.output.isEmpty)
    }

    @Test(
        arguments: [
            ([], "{}\n", "kpipe-exit:"), ([], "exitImage: ours:1\n", nil),
            (["--exit-image", "mine:1"], "exitImage: ours:1\n", "mine:1"),
        ] as [([String], String, String?)])
    func theConfigurationsExitImageIsOverruledByTheOptionAlone(
        _ arguments: [String], _ configuration: String, _ image: String?
    ) async throws {
        let finished = try await render(["install", "--config", "-"] + arguments, configuration)
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(finished.output.contains("- \"--exit-image\"\n") == (image != nil))
        if let image { #expect(finished.output.contains("- \"--exit-image\"\n        - \(image)")) }
    }

    @Test func aWrongRungIsToldOnce() async throws {
        let finished = try await render(["install", "--config", "-"], "ladder: [imag]\n")
        #expect(finished.error.split(separator: "\n").count == 1, "\(finished.error)")
    }

    @Test func podsOfOtherSystemsArePrinted() async throws {
        let hkube = try await render(["hkube"], #"{"sideCars": [{"container": {"name": "a", "image": "b"}}]}"#)
        #expect(hkube.status == .exited(0))
        #expect(hkube.output.contains("restartPolicy: Always"))
        #expect(hkube.error.contains("<stdin>:1: KS204 warning"))
        let flyte = try await render(
            ["flyte", "--kind", "job", "--name", "t", "--legacy", "-o", "json"],
            "image: i\npod_spec: {containers: [{name: primary}, {name: h, image: j}]}\n")
        #expect(flyte.status == .exited(0), "\(flyte.error)")
        #expect(flyte.output.contains("KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"))
    }

    @Test func aFunctionThatRefusesAnItemStillPrintsTheList() async throws {
        let list = """
            apiVersion: config.kubernetes.io/v1
            kind: ResourceList
            functionConfig: {kind: ConvertSidecars, spec: {}}
            items:
            - {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{name: a, image: b, \
            env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]}]}}

            """
        let finished = try await render(["function"], list)
        #expect(finished.status == .exited(1))
        #expect(finished.output.hasPrefix("apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nresults:\n"))
        #expect(finished.error.contains("KS001 error"))
    }
}
