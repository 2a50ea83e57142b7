import Basics
import FakeKube
import Foundation
import Report
import TestSupport
import Testing
import YAMLTree

/// A Job's report on a real node: from the agent while it runs, and from where it was stored when the pod has ended.
@Suite(
    .requires(.kubectl), .requires(.nginx), .requiresRealNode, .requiresServices,
    .enabled("the node has no image of the agent: run scripts/build-images and import it") {
        try await NodeTrial.has(image: NodeTrial.agentImage)
    }, .timeLimit(.minutes(5)))
struct NodeReportTests {
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private static func step(_ url: String, in namespace: String) -> String {
        """
        name: words
        namespace: \(namespace)
        image: \(NodeTrial.image)
        command:
        - sh
        - -c
        - sort input/words > output/sorted; echo sorted; while [ ! -e output/go ]; do sleep 1; done; rm output/go
        env: [{name: TRACEPARENT, value: \(trace)}]
        inputs: [{from: '\(url)/words', to: words}]
        outputs: [{from: sorted, to: '\(url)/out/'}]
        reports: [{to: '\(url)/out/report/'}]
        monitor: {interval: 1s}
        state: [{to: kubernetes}, {to: '\(url)/state', mode: binary}]
        agent: {image: '\(NodeTrial.agentImage)'}

        """
    }

    @Test func `a Job's report is fetched while it runs, and after its end`() async throws {
        let backend = try ScriptedHTTPServer { _ in [.respond(200)] }
        defer { backend.stop() }
        let (address, port) = (try await NodeTrial.address(), try freePorts(1)[0])
        var options = Nginx.Options()
        options.directives = [
            "listen \(address):\(port);", "location /out/ { dav_methods PUT; create_full_put_path on; }",
            "location /state { proxy_pass \(backend.url); }",
        ]
        let server = try await Nginx.start(options)
        try "b\na\n".write(toFile: "\(server.root)/words", atomically: true, encoding: .utf8)
        let url = "http://\(address):\(port)"
        try await NodeTrial.run("report") { trial in
            let step = Self.step(url, in: trial.namespace)
            try await trial.apply(
                try await output(Product.sidecar.path, ["render", "job", "-"], input: Array(step.utf8)))
            let live = try await eventually("a report with usage", limit: .seconds(120), every: .seconds(1)) {
                let record = try? await Self.report(trial)
                return record?.usage.contains { $0.container == "main" } == true ? record : nil
            }
            #expect(live.outcome == nil && live.step.job == "words")
            // Through port-forward the agent tells what callers from the pod network do not see.
            #expect(live.files.map(\.url) == ["\(url)/words"] && live.inputs.bytes == 4)
            #expect(live.log.lines.contains { $0.hasSuffix("sorted") }, "\(live.log)")

            try await trial.kubectl(["exec", "job/words", "-c", "main", "--", "touch", "output/go"])
            #expect(try await trial.end(of: "words") == "Complete")
            let pod = try await trial.pod(of: "words")
            let notes = pod[path: ["metadata", "annotations"]]
            #expect(notes?["sidecar.k-pipe.cloud/report"]?.string == "\(url)/out/report/report.json")
            // The closing event is part of the trace that main's environment names.
            let event = try #require(backend.requests.last)
            #expect(String(decoding: event.body, as: UTF8.self).contains(#""terminal":true"#))
            #expect(event["ce-traceparent"] == Self.trace, "\(event.headers)")

            let last = try await Self.report(trial)
            #expect(last.outcome?.state == "DONE" && last.outcome?.exitCode == 0)
            #expect(last.files.count == 2 && last.outputs.bytes == 4)
            #expect(last.step.uid == live.step.uid && last.start == live.start)
            #expect(FileManager.default.fileExists(atPath: "\(server.root)/out/report/report.html"))
            let names = Set(last.containers.compactMap(\.name))
            #expect(names.contains("main") && last.step.node != nil, "\(names)")
        }
    }

    private static func report(_ trial: NodeTrial) async throws -> StepRecord {
        let text = try await output(
            Product.sidecar.path,
            [
                "report", "job/words", "--kubeconfig", Lab.kubeconfig ?? "", "--namespace", trial.namespace, "-o",
                "json",
            ])
        return try StepRecord.reading(Array(text.utf8)).record
    }
}
