import Foundation
import TestSupport
import Testing
import YAMLTree

/// `render function` as a transformer that a real kustomize runs.
@Suite(.requires(.kustomize)) struct KustomizeTests {
    private static let job = """
        # The report.
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: report
        spec:
          template:
            spec:
              restartPolicy: Never
              containers:
              # The program.
              - name: report
                image: registry.example/report:7
              - name: proxy
                image: envoyproxy/envoy:v1.31.0
                readinessProbe:
                  httpGet: {path: /ready, port: 9901}

        """

    /// A kustomization of the Job with a prefix, patched behind the conversion.
    private func build(function: String, sidecars: String) async throws -> Finished {
        let folder = try TemporaryFolder("kustomize")
        try folder.write(Self.job, to: "job.yaml")
        try folder.write(
            "resources: [job.yaml]\nnamePrefix: nightly-\ntransformers: [convert.yaml]\n", to: "kustomization.yaml")
        let script = try folder.write(
            "#!/bin/sh\nexec '\(Product.sidecar.path)' render function\n", to: "convert-sidecars")
        chmod(script, 0o755)
        try folder.write(
            """
            apiVersion: sidecar.k-pipe.cloud/v1
            kind: ConvertSidecars
            metadata:
              name: convert
              annotations:
                config.kubernetes.io/function: |
                  exec:
                    \(function)
            spec:
              sidecars: [\(sidecars)]

            """, to: "convert.yaml")
        let tool = try #require(Tool.kustomize.path)
        return try await run(tool, ["build", "--enable-alpha-plugins", "--enable-exec", "."], folder: folder.path)
    }

    @Test(arguments: ["script", "program"]) func theConversionIsPartOfTheBuild(_ kind: String) async throws {
        let program = "path: \(try Product.sidecar.path)\n        args: [render, function]"
        let finished = try await build(
            function: kind == "script" ? "path: ./convert-sidecars" : program, sidecars: "proxy")
        #expect(finished.status == .exited(0), "\(finished.error)")
        let job = try YAMLNode(parsing: finished.output)
        #expect(job["metadata"]?["name"]?.text == "nightly-report")
        let pod = job["spec"]?["template"]?["spec"]
        #expect(pod?["containers"]?.sequence?.compactMap { $0["name"]?.text } == ["report"])
        let native = pod?["initContainers"]?[0]
        #expect(native?["restartPolicy"]?.text == "Always")
        #expect(native?["startupProbe"]?["httpGet"]?["port"]?.text == "9901")
        #expect(!finished.output.contains("config.kubernetes.io"))
    }

    @Test func whatIsRefusedEndsTheBuild() async throws {
        let finished = try await build(function: "path: ./convert-sidecars", sidecars: "proxy, report")
        #expect(finished.status != .exited(0))
        #expect(finished.output.isEmpty)
        #expect(finished.error.contains("KS001"))
    }
}
