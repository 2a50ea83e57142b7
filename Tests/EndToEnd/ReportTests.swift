import Basics
import FakeKube
import Foundation
import Report
import TestSupport
import Testing

/// `reports` and `kpipe-sidecar report` with the built programs.
@Suite struct ReportTests {
    /// A step on this machine with a report of its own; returns how long it took.
    private static func step(
        _ script: String, in folder: TemporaryFolder
    ) async throws -> (Finished, StepRecord, took: Duration) {
        try folder.write(String(repeating: "word\n", count: 50_000), to: "words")
        let file = try folder.write(
            """
            inputs: [{from: '\(folder.url.absoluteString)words', to: words}]
            outputs: [{from: '**', to: '\(folder.url.absoluteString)out/'}]
            reports: [{to: '\(folder.url.absoluteString)report'}]
            monitor: {interval: 1s}
            """, to: "step.yaml")
        let begin = ContinuousClock.now
        let finished = try await run(
            Product.sidecar.path, ["run", "--config", file, "--workdir", folder["workdir"], "--", "sh", "-c", script],
            environment: ["KPIPE_CONFIG": nil, "KPIPE_POD_NAME": "here", "KPIPE_POD_UID": nil, "TRACEPARENT": nil])
        let took = ContinuousClock.now - begin
        return (finished, try StepRecord.reading(try folder.read("report/report.json")).record, took)
    }

    private static func report(_ arguments: [String], _ environment: [String: String?] = [:]) async throws -> Finished {
        try await run(Product.sidecar.path, ["report"] + arguments, environment: environment, limit: .seconds(120))
    }

    @Test func `the numbers are those of a stopwatch and of the files`() async throws {
        let folder = try TemporaryFolder("report")
        let (finished, record, took) = try await Self.step(
            "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done; sort input/words > output/sorted; echo done; echo bad >&2; "
                + "awk '{print $14+$15+$16+$17}' /proc/$$/stat > output/ticks; sleep 1.5", in: folder)
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(record.outcome?.state == "DONE" && record.step.pod == "here")
        func seconds(_ name: RecordedPhase.Name) -> Double {
            record.phases.filter { $0.name == name }.reduce(0) { sum, phase in
                guard let start = phase.start, let end = phase.end ?? record.end else { return sum }
                return sum + Double(end.milliseconds - start.milliseconds) / 1000
            }
        }
        let all = Double(took / .milliseconds(1)) / 1000
        #expect(seconds(.running) >= 1.5 && seconds(.running) < all)
        #expect(Double(record.length) / 1000 <= all)
        let attempt = try #require(record.attempts.first)
        let ran = try #require(attempt.end).milliseconds - #require(attempt.start).milliseconds
        #expect(attempt.exitCode == 0 && ran >= 1450 && Double(ran) / 1000 <= seconds(.running) + 0.5)
        #expect(record.inputs.files == 1 && record.inputs.bytes == 250_000)
        let stored = try folder.list("out").filter { !$0.hasSuffix("manifest.json") }
        #expect(record.outputs.files == Int64(stored.count))
        #expect(record.outputs.bytes >= 250_000)
        #expect(record.log.lines.contains("OUT> done") && record.log.lines.contains("ERROR> bad"))
        // The command's own clock ticks, a hundredth of a second each, are part of what main used.
        let ticks = Double(try folder.text("out/ticks").trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        let main = try #require(record.usage.first { $0.container == "main" })
        #expect(Double(main.cpu ?? 0) / 1000 >= ticks / 100 - 0.02)
        #expect(Double(main.cpu ?? 0) / 1000 <= 2 * all)
        // It is kept in the workdir as well, and said to be.
        #expect(finished.error.contains("/.kpipe/report.html"))
        #expect(folder.exists("workdir/.kpipe/report.json") && folder.exists("report/report.html"))
    }

    @Test func `a step that fails has a report, which every form shows`() async throws {
        let folder = try TemporaryFolder("report")
        let (finished, record, _) = try await Self.step("echo '<b>&' ; exit 3", in: folder)
        #expect(finished.status == .exited(3))
        #expect(record.outcome?.state == "ERROR" && record.outcome?.exitCode == 3)
        let text = try await Self.report([folder["report"]])
        #expect(text.status == .exited(0) && text.output.hasPrefix("Step here failed after"), "\(text.output)")
        #expect(text.output.split(separator: "\n").allSatisfy { $0.count <= 80 }, "\(text.output)")
        let page = try await Self.report([folder["report/report.json"], "-o", "html"])
        #expect(page.output.hasPrefix("<!DOCTYPE html>") && page.output.contains("OUT&gt; &lt;b&gt;&amp;"))
        let json = try await Self.report(["\(folder.url.absoluteString)report/", "-o", "json"])
        #expect(try StepRecord.reading(Array(json.output.utf8)).record == record)
        let piped = try await run(
            Product.sidecar.path, ["report", "-", "-ojson"], input: Array(try folder.read("report/report.json")))
        #expect(piped.output == json.output)
        let junit = try await Self.report([folder["report"], "-o", "junit"])
        try await output(
            try #require(Tool.python.path),
            [
                "-c",
                "import sys, xml.etree.ElementTree as t; s = t.fromstring(sys.stdin.read()).find('testsuite'); "
                    + "assert s.get('failures') == '1', s.attrib; f = s.find('testcase/failure'); "
                    + "assert 'exit code 3' in f.get('message'), f.attrib; "
                    + "assert 'OUT> <b>&' in s.find('testcase/system-out').text",
            ], input: Array(junit.output.utf8))
    }

    @Test func `many are one picture, and what cannot be read is said without losing the others`() async throws {
        let folder = try TemporaryFolder("report")
        var names: [String] = []
        for number in 0..<40 {
            var record = StepRecord()
            record.step.pod = "step-\(number)"
            record.start = UnixTime(milliseconds: 1_795_950_000_000 + Int64(number) * 1000)
            record.end = UnixTime(
                milliseconds: 1_795_950_000_000 + Int64(number) * 1000 + (number == 7 ? 900_000 : 60_000))
            var end = StepEnd()
            end.state = number == 9 ? "ERROR" : "DONE"
            record.outcome = end
            names.append(try folder.write(record.encoded, to: "\(number)/report.json"))
        }
        try folder.write(Array(try folder.read("3/report.json").dropLast(30)), to: "3/report.json")
        try folder.write("{}", to: "none.json")
        try folder.write("[]", to: "list.json")
        try folder.write("", to: "empty/other")
        let finished = try await Self.report(
            names + [
                folder["none.json"], folder["absent.json"], folder["list.json"], folder["empty"], "/dev/zero",
            ])
        #expect(finished.status == .exited(65))
        #expect(finished.output.contains("40 steps in"), "\(finished.output)")
        #expect(finished.output.contains("step-7") && finished.output.contains("outlier: slow"))
        #expect(finished.output.components(separatedBy: "outlier").count == 2)
        #expect(finished.output.contains("the record is torn"))
        #expect(finished.error.contains("none.json is JSON, but not a step's report.json"))
        #expect(finished.error.contains("absent.json: No such file"))
        #expect(finished.error.contains("list.json is a list, not an object"))
        #expect(finished.error.contains("empty/report.json: No such file"))
        #expect(finished.error.contains("/dev/zero is neither a file nor a pipe"))
        let page = try await Self.report(names + ["-o", "html"])
        #expect(page.output.components(separatedBy: "<td>step-").count == 41)
    }

    /// Past its first bytes there is nothing.
    @Test func `one of 500 MB is shown as far as it goes`() async throws {
        let folder = try TemporaryFolder("report")
        let file = try folder.write(
            #"{"kind":"StepReport","version":1,"step":{"pod":"huge"},"files":["#, to: "huge.json")
        #expect(truncate(file, 500_000_000) == 0)
        let finished = try await Self.report([file])
        #expect(finished.status == .exited(0), "\(finished.error)")
        #expect(finished.output.contains("Step huge") && finished.output.contains("has more than 64 MiB"))
    }

    @Test func `a pod's report is found by its annotation, and without one the API server is asked`() async throws {
        let folder = try TemporaryFolder("report")
        _ = try await Self.step("true", in: folder)
        let stored = String(decoding: try folder.read("report/report.json"), as: UTF8.self)
        let store = try ScriptedHTTPServer { _ in [.ok(stored)] }
        defer { store.stop() }
        let server = try await FakeAPIServer.start()
        let resources: JSONValue = ["requests": ["cpu": "250m", "memory": "1Gi"], "limits": ["memory": "1536Mi"]]
        let spec: JSONValue = [
            "nodeName": "node-b", "restartPolicy": "Never",
            "containers": [["name": "main", "image": "i", "resources": resources]],
        ]
        let end: JSONValue = [
            "exitCode": 137, "reason": "OOMKilled", "startedAt": "2026-11-29T10:00:10Z",
            "finishedAt": "2026-11-29T10:05:00Z",
        ]
        let main: JSONValue = [
            "name": "main", "image": "i", "imageID": "i@sha256:1", "restartCount": 0, "state": ["terminated": end],
        ]
        for name in ["with", "without", "file"] {
            let place = JSONValue.string(
                name == "file" ? "\(folder.url.absoluteString)report/report.json" : "\(store.url)/report.json")
            let metadata: JSONValue = [
                "name": .string(name), "namespace": "team", "uid": .string("uid-\(name)"),
                "creationTimestamp": "2026-11-29T10:00:00Z",
                "labels": name == "file" ? [:] : ["batch.kubernetes.io/job-name": "nightly"],
                "annotations": name != "without" ? ["sidecar.k-pipe.cloud/report": place] : [:],
            ]
            server.update { api in
                api.place([
                    "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec,
                    "status": ["phase": "Failed", "containerStatuses": [main]],
                ])
            }
        }
        let config = try folder.write(server.kubeconfig(namespace: "team"), to: "kubeconfig")
        let one = try await Self.report(["pod/with", "--kubeconfig", config])
        #expect(one.output.hasPrefix("Step here succeeded"), "\(one.output)\(one.error)")
        // Whoever writes pods does not choose among the reader's files.
        let file = try await Self.report(["pod/file", "--kubeconfig", config])
        #expect(file.output.contains("file was killed") && file.output.contains("file://"), "\(file.output)")
        let other = try await Self.report(["pod/without", "--kubeconfig", config, "-o", "json"])
        let record = try StepRecord.reading(Array(other.output.utf8)).record
        #expect(other.error.contains("this is what the API server knows"))
        #expect(record.sentence == "Step without was killed after 5m; main: OOMKilled, exit code 137.")
        let container = try #require(record.containers.first)
        #expect(container.role == "main" && container.requests.cpu == 250 && container.requests.memory == 1 << 30)
        #expect(container.limits.memory == 1536 << 20 && record.step.node == "node-b")
        let both = try await Self.report(["job/nightly", "--kubeconfig", config])
        #expect(both.output.contains("2 steps in") && both.output.contains("OOMKilled"), "\(both.output)\(both.error)")
        #expect(try await Self.report(["job/never", "--kubeconfig", config]).status == .exited(66))
    }

    @Test(.requires(.curl)) func `a step that goes on is asked itself`() async throws {
        let backend = try StepBackend(inputs: ["a": Array("abc".utf8)])
        let rig = try StepRig(backend)
        let port = try freePorts(1)[0]
        let agent = try rig.agent(["--port", "\(port)"])
        let main = try rig.main("echo hello; while [ ! -e go ]; do sleep 0.05; done")
        try await eventually("RUNNING") { backend.states.contains("RUNNING") }
        let server = try await FakeAPIServer.start()
        server.update { api in
            api.anyPod.ports = [9797: port]
            api.place([
                "apiVersion": "v1", "kind": "Pod", "metadata": ["name": "step-1", "namespace": "team", "uid": "u"],
                "spec": ["containers": [["name": "main", "image": "i"]]], "status": ["phase": "Pending"],
            ])
        }
        let config = try rig.folder.write(server.kubeconfig(namespace: "team"), to: "kubeconfig")
        let live = try await Self.report(["pod/step-1", "--kubeconfig", config, "-o", "json"])
        let record = try StepRecord.reading(Array(live.output.utf8)).record
        #expect(record.outcome == nil && record.step.pod == "step-1", "\(live.error)")
        #expect(record.states.map(\.state).prefix(3) == ["INITIALIZING", "STARTED", "RUNNING"])
        #expect(record.log.lines == ["OUT> hello"] && record.inputs.bytes == 3)
        #expect(record.files.first?.url == "\(backend.url)/in/a")
        let page = try await output("curl", ["-sS", "http://127.0.0.1:\(port)/report"])
        #expect(
            page.contains("has been going on") && page.contains("http-equiv=\"refresh\"")
                && page.contains("OUT&gt; hello"))
        try rig.write("go")
        try await rig.finish(agent, main)
    }
}
