import Basics
import FakeKube
import Foundation
import TestSupport
import Testing

/// The blocks of commands (` ```sh `) in README and docs, run as they stand there: with the built program, a cluster and a
/// store of the test's own. What cannot be run here is listed, with the reason, and nothing else is left out.
@Suite(.requires(.kubectl, .seaweedFS), .timeLimit(.minutes(5))) struct DocumentedCommandsTests {
    private static let documents =
        ["README.md"]
        + ((try? FileManager.default.contentsOfDirectory(atPath: Repository.path("docs"))) ?? []).sorted()
        .filter { $0.hasSuffix(".md") }.map { "docs/\($0)" }

    /// Lines that are not run, by how they begin, and why.
    private static let notRun: [(start: String, why: String)] = [
        ("scripts/demo", "the workflow of CI runs it"),
        ("scripts/test", "runs these tests"),
        ("scripts/build-images", "builds the programs anew; SidecarImageTests look at what it packs"),
        ("for image in", "needs a registry"), ("skopeo", "needs a registry"), ("done", "the loop above"),
        ("helm", "needs a registry or a release; scripts/lib/check-chart.py renders the chart, lints and tests it"),
        ("kind", "has no place on this machine"),
        ("kubectl apply -k", "scripts/lib/check-kustomize.py builds each overlay and validates it"),
        ("kubectl -n kpipe-system rollout status", "nothing runs pods here; the tests on a node wait for it"),
        ("kubectl get job nightly --watch", "goes on until it is stopped"),
        ("kubectl create job", "nothing runs Jobs here"), ("kubectl get pod -l job-name=try", "of that Job"),
        ("kubectl wait", "of that Job"), ("kustomize", "no registry has it; KustomizeTests run it where it is"),
        ("kpipe-sidecar verify", "needs what an agent has stored; CopyTests verify that"),
        ("kubectl api-resources --api-group admissionregistration", "of a release that the cluster here is not"),
        ("kpipe-sidecar render install --policy", "likewise; scripts/try-policy applies it to a real API server"),
        ("kpipe-sidecar cp https://", "the address is an example"),
        ("kpipe-sidecar diagnose --preflight --as", "the account's rights are those of a real cluster"),
        ("while [ ! -e /workdir/ready ]", "what a program does by hand in a pod, at the volume's place in there"),
        ("echo RUNNING > /workdir", "likewise"), ("my-program", "likewise"), ("echo SUCCESS > /workdir", "likewise"),
        ("touch /workdir", "likewise"),
    ]

    /// The blocks in a language, each as one text.
    private static func blocks(_ language: String, in document: String) throws -> [String] {
        let text = try String(contentsOfFile: Repository.path(document), encoding: .utf8)
        return text.matches(of: /(?m)^```(\w+)\n((?s).*?)^```$/).filter { $0.1 == language }.map { String($0.2) }
    }

    /// Commands of a block as they stand there, continued lines as one.
    private static func commands(_ block: String) -> [String] {
        block.replacing("\\\n", with: "\0").split(separator: "\n").map { String($0).replacing("\0", with: "\\\n") }
            .filter { !$0.hasPrefix("#") }
    }

    private static func isRun(_ command: String) -> Bool {
        !notRun.contains { command.drop { $0 == " " }.hasPrefix($0.start) }
    }

    @Test func whatIsListedStandsSomewhere() throws {
        let all = try Self.documents.flatMap { try Self.blocks("sh", in: $0) }.flatMap(Self.commands)
        for (start, _) in Self.notRun {
            #expect(all.contains { $0.drop { $0 == " " }.hasPrefix(start) }, "\(start)")
        }
    }

    @Test(arguments: documents) func everyBlockRuns(_ document: String) async throws {
        let blocks = try Self.blocks("sh", in: document)
        guard !blocks.isEmpty else { return }
        let place = try await Place()
        for named in try Self.blocks("yaml", in: document) {
            guard let name = named.wholeMatch(of: /(?s)# ([\w.-]+\.yaml)[,\n].*/)?.1 else { continue }
            try place.folder.write(place.adapted(named), to: String(name))
        }
        for block in blocks {
            let left = Self.commands(block).filter(Self.isRun)
            guard !left.isEmpty else { continue }
            let done = try await place.run(place.adapted(left.joined(separator: "\n")))
            #expect(
                done.status == .exited(0),
                "\(document):\n\(left.joined(separator: "\n"))\n\(done.output)\n\(done.error)")
        }
    }

    /// A folder, a cluster and a store such as the documents speak of.
    private struct Place {
        let folder: TemporaryFolder
        private let server: FakeAPIServer
        private let bucket: String
        private let environment: [String: String?]

        init() async throws {
            folder = try TemporaryFolder("documents")
            server = try await FakeAPIServer.start(FakeAPI(), .init(certificates: try await Certificates()))
            try server.update { (api) throws(StatusError) in
                for name in ["default", "data", "kpipe-system"] { api.addNamespace(name) }
                for namespace in ["default", "data"] { _ = try api.create(Self.pod(namespace)) }
                _ = try api.create(Self.job)
            }
            let store = try await SeaweedFS.shared()
            bucket = try await store.makeBucket()
            for name in ["part-1.csv", "part-2.csv", "part-1.parquet"] {
                try await store.put(Array("b\na\n".utf8), "run-7/\(name)", in: bucket)
            }
            try folder.write(server.kubeconfig(), to: "config")
            try folder.write(Self.manifest, to: "manifests/job.yaml")
            try folder.write(Self.manifest, to: "cronjob.yaml")
            try folder.write("one\n", to: "results/one")
            _ = try await output(
                "/usr/bin/tar", ["--zstd", "-cf", folder["model.tar.zst"], "-C", folder.path, "results"])
            let programs = try folder.makeFolder("bin")
            try FileManager.default.createSymbolicLink(
                atPath: "\(programs)/kpipe-sidecar", withDestinationPath: try Product.sidecar.path)
            // The cluster here knows the kinds, but not each one's schema, which kubectl would ask for.
            let kubectl = try folder.write(
                "#!/bin/sh\n[ \"$1\" != apply ] || set -- \"$@\" --validate=false\nexec '\(#require(Tool.kubectl.path))' \"$@\"\n",
                to: "bin/kubectl")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: kubectl)
            var environment: [String: String?] = [
                "KUBECONFIG": folder["config"], "HOME": folder.path, "KPIPE_CONFIG": nil,
                "PATH": "\(programs):/usr/bin:/bin",
            ]
            for (name, value) in store.environment() { environment[name] = value }
            self.environment = environment
            for name in ["step.yaml", "step-job.yaml"] {
                try folder.write(
                    adapted(String(contentsOfFile: Repository.path("docs/\(name)"), encoding: .utf8)), to: name)
            }
        }

        /// With what stands for something of the reader's own, and for addresses that are examples.
        func adapted(_ text: String) -> String {
            text.replacing("-- COMMAND", with: "-- true").replacing("s3://bucket/", with: "s3://\(bucket)/")
                .replacing("https://data.example/", with: "file://\(folder.path)/")
                .replacing("state:\n- to: https://backend.example/steps/{pod.name}/state\n", with: "")
        }

        func run(_ script: String) async throws -> Finished {
            try await TestSupport.run(
                "/bin/bash", ["-euo", "pipefail", "-c", script], environment: environment, folder: folder.path)
        }

        private static let manifest = """
            apiVersion: batch/v1
            kind: CronJob
            metadata: {name: report}
            spec:
              schedule: "0 3 * * *"
              jobTemplate:
                spec:
                  template:
                    spec:
                      restartPolicy: Never
                      containers:
                      - {name: report, image: "registry.example/report:7"}
                      - name: proxy
                        image: registry.example/proxy:1
                        env: [{name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, value: "true"}]

            """

        private static let job: JSONValue = [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "nightly", "namespace": "data"],
            "spec": [
                "template": ["spec": ["restartPolicy": "Never", "containers": [["name": "main", "image": "a"]]]]
            ],
        ]

        /// One that its sidecar keeps open.
        private static func pod(_ namespace: String) -> JSONValue {
            [
                "apiVersion": "v1", "kind": "Pod",
                "metadata": [
                    "name": "nightly-zjkdb", "namespace": .string(namespace), "labels": ["job-name": "nightly"],
                ],
                "spec": [
                    "restartPolicy": "Never",
                    "containers": [["name": "transform", "image": "a"], ["name": "logger", "image": "b"]],
                ],
            ]
        }
    }
}
