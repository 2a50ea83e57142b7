import Basics
import Foundation
import TestSupport
import Testing
import WorkdirProtocol
import YAMLTree

/// What is rendered, on a real node.
@Suite(
    .requires(.kubectl), .requiresRealNode, .serialized,
    .timeLimit(.minutes(10)))
struct NodeTests {
    private func render(_ arguments: [String], _ input: String = "") async throws -> String {
        try await output(Product.sidecar.path, ["render"] + arguments, input: Array(input.utf8))
    }

    // MARK: Conversion

    /// Main asks a server beside it that takes 5 s to start.
    private static func slowSidecar(_ name: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: \(name)}
        spec:
          backoffLimit: 0
          template:
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 10
              containers:
              - name: app
                image: busybox:latest
                command: [wget, -q, -O, "-", "http://localhost:8081/"]
              - name: sidecar
                image: busybox:latest
                command: [sh, -c, "sleep 5; mkdir /www; echo hello > /www/index.html; exec httpd -f -p 8081 -h /www"]
                ports: [{containerPort: 8081}]

        """
    }

    @Test func aSlowSidecarIsWaitedForOnceItIsNative() async throws {
        try await NodeTrial.run("slow") { trial in
            try await trial.apply(Self.slowSidecar("classic"))
            try await trial.apply(
                try await render(["convert", "--sidecar", "sidecar", "-"], Self.slowSidecar("native")))
            #expect(try await trial.end(of: "native") == "Complete")
            #expect(try await trial.exitCodes(of: "native")["app"] == "0")
            #expect(try await trial.log(of: "native", container: "app") == "hello\n")
            // Main has long failed, and the sidecar keeps the Job from ending.
            let codes = try await trial.exitCodes(of: "classic")
            #expect(codes["app"] == "1")
            #expect(codes["sidecar"] == nil)
            #expect(try await trial.object("job/classic")["status"]?["conditions"] == nil)
        }
    }

    /// One Job for each way to mark a sidecar; none of them would complete as it is.
    @Test func convertedJobsComplete() async throws {
        let side = "trap 'exit 0' TERM; while true; do sleep 1; done"
        func job(_ name: String, metadata: String = "{}", variables: String = "[]") -> String {
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: \(name)}
            spec:
              backoffLimit: 0
              template:
                metadata: \(metadata)
                spec:
                  restartPolicy: Never
                  initContainers:
                  - name: first
                    image: busybox:latest
                    command: ["true"]
                  containers:
                  - name: main
                    image: busybox:latest
                    command: [sleep, "1"]
                  - name: side
                    image: busybox:latest
                    command: [sh, -c, "\(side)"]
                    env: \(variables)

            """
        }
        let jobs = [
            job("variable", variables: "[{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: 'true'}]"),
            job("names", metadata: "{annotations: {sidecar.k-pipe.cloud/sidecars: side}}"),
            job("primary", metadata: "{annotations: {primary_container_name: main}}"),
        ]
        let converted = try await render(["convert", "-"], jobs.joined(separator: "---\n"))
        try await NodeTrial.run("jobs") { trial in
            try await trial.apply(converted)
            for name in ["variable", "names", "primary"] {
                #expect(try await trial.end(of: name) == "Complete")
                #expect(try await trial.exitCodes(of: name) == ["first": "0", "main": "0", "side": "0"])
            }
        }
    }

    // MARK: Steps

    @Test(
        .requires(.nginx),
        .enabled("the node has no image of the agent: run scripts/build-images and import it") {
            try await NodeTrial.has(image: NodeTrial.agentImage)
        })
    func aStepEndsAsItsInputsAndOutputsDo() async throws {
        let address = try await NodeTrial.address()
        let port = try freePorts(1)[0]
        var options = Nginx.Options()
        options.directives = [
            "listen \(address):\(port);", "location /out/ { dav_methods PUT; create_full_put_path on; }",
        ]
        let server = try await Nginx.start(options)
        try "b\na\n".write(toFile: "\(server.root)/words", atomically: true, encoding: .utf8)
        let url = "http://\(address):\(port)"

        func step(_ name: String, input: String, output: String) async throws -> String {
            let arguments = [
                "job", "--name", name, "--image", NodeTrial.image, "--input", "\(url)/\(input)", "--output",
                "sorted=\(url)/\(output)/\(name)", "--agent-image", NodeTrial.agentImage,
            ]
            let legacy = name.hasSuffix("legacy") ? ["--legacy"] : []
            return try await render(arguments + legacy + ["--", "sh", "-c", "sort input/words > output/sorted"])
        }
        try await NodeTrial.run("steps", isRestricted: true) { trial in
            let kinds = ["native", "legacy"]
            for kind in kinds {
                try await trial.apply(try await step("good-\(kind)", input: "words", output: "out"))
                try await trial.apply(try await step("missing-\(kind)", input: "nothing", output: "out"))
                try await trial.apply(try await step("lost-\(kind)", input: "words", output: "elsewhere"))
            }
            for kind in kinds {
                #expect(try await trial.end(of: "good-\(kind)") == "Complete")
                #expect(try String(contentsOfFile: "\(server.root)/out/good-\(kind)", encoding: .utf8) == "a\nb\n")
                #expect(try await trial.end(of: "missing-\(kind)") == "Failed")
                #expect(try await trial.exitCodes(of: "missing-\(kind)")["main"] == "66")
                #expect(try await trial.end(of: "lost-\(kind)") == "Failed")
                #expect(try await trial.exitCodes(of: "lost-\(kind)")["main"] == "74")
            }
        }
    }

    // MARK: Other systems

    /// Every example of HKube's documentation, with an image that is on the node.
    @Test(arguments: [[], ["--legacy"]]) func algorithmsWithSidecarsRun(_ options: [String]) async throws {
        let isNative = options.isEmpty
        try await NodeTrial.run("hkube") { trial in
            let names = ["complete", "environments", "resources", "several", "volumes"]
            for name in names {
                let path = Repository.path("Tests/Fixtures/hkube/\(name).json")
                var text = try String(contentsOfFile: path, encoding: .utf8)
                for image in ["httpd", "nginx", "redis"] {
                    text = text.replacing(
                        "\"image\": \"\(image)\"",
                        with: """
                            "image": "\(NodeTrial.image)", \
                            "command": ["sh", "-c", "trap 'exit 0' TERM; while true; do sleep 1; done"]
                            """)
                }
                let arguments = ["hkube", "-", "--kind", "job", "--name", name, "--image", NodeTrial.image]
                try await trial.apply(try await render(arguments + options, text))
            }
            for name in names {
                if isNative { #expect(try await trial.end(of: name) == "Complete") }
                try await eventually("main of \(name)", limit: .seconds(120)) {
                    try await trial.exitCodes(of: name)["algorunner"] == "0"
                }
            }
        }
    }

    @Test func helpersOnASharedVolumeInMemoryComplete() async throws {
        let path = Repository.path("Tests/Fixtures/flyte/shared-memory.yaml")
        let text = try String(contentsOfFile: path, encoding: .utf8)
            .replacing("image: busybox", with: "image: \(NodeTrial.image)")
            .replacing("image: alpine", with: "image: \(NodeTrial.image)")
        try await NodeTrial.run("flyte") { trial in
            for (name, options) in [("beside", []), ("before", ["--one-shot", "secondary"])] {
                let manifest = try await render(["flyte", "-", "--kind", "job", "--name", name] + options, text)
                #expect(manifest.contains("medium: Memory"))
                try await trial.apply(manifest)
            }
            for name in ["beside", "before"] {
                #expect(try await trial.end(of: name) == "Complete")
                #expect(try await trial.log(of: name, container: "primary") == "hi sidecar world\n")
                #expect(try await trial.exitCodes(of: name) == ["primary": "0", "secondary": "0"])
            }
        }
    }
}
