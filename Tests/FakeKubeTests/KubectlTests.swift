import Basics
import FakeKube
import TestSupport
import Testing
import YAMLTree

/// What operators use, against the fake server: `kubectl` asks for much that no test of ours would think of.
@Suite(.requires(.kubectl)) struct KubectlTests {
    @Test func objectsAreCreatedShownChangedAndDeleted() async throws {
        let kubectl = try await Kubectl()
        #expect(try await kubectl(["create", "-f", "-"], Kubectl.pod).contains("pod/a created"))
        #expect(try await kubectl(["get", "pods"]).contains(/a +0\/2 +Pending +0/))
        #expect(try await kubectl(["get", "po,jobs", "-o", "name"]) == "pod/a\n")
        #expect(
            try await kubectl(["get", "pods", "-l", "app=x", "--field-selector", "status.phase=Pending"]).contains("a ")
        )
        #expect(try await kubectl(["describe", "pod", "a"]).contains("shipper:1"))
        #expect(try await kubectl(["get", "pod", "a", "-o", "jsonpath={.spec.containers[*].name}"]) == "main shipper")
        for (type, patch) in [
            ("merge", #"{"metadata":{"labels":{"one":"1"}}}"#),
            ("json", #"[{"op":"add","path":"/metadata/labels/two","value":"2"}]"#),
            ("strategic", #"{"spec":{"containers":[{"name":"shipper","image":"exit:1"}]}}"#),
        ] {
            let said = try await kubectl(["patch", "pod", "a", "--type", type, "--patch", patch])
            #expect(said == "pod/a patched\n")
        }
        let pod = try #require(kubectl.server.update { $0.object("Pod", "a", in: "default") })
        #expect(pod[path: ["metadata", "labels"]]?.texts == ["app": "x", "one": "1", "two": "2"])
        #expect(pod[path: ["spec", "containers"]]?.array?.map { $0["image"] } == ["busybox:1", "exit:1"])
        #expect(try await kubectl(["label", "pod", "a", "one-"]).contains("unlabeled"))
        #expect(try await kubectl(["delete", "pod", "a"]).contains("pod \"a\" deleted"))
        let missing = try await kubectl.run(["get", "pod", "a"])
        #expect(missing.error == "Error from server (NotFound): pods \"a\" not found\n")
    }

    @Test(arguments: [[], ["--server-side"]])
    func applyingTwiceChangesWhatIsDifferent(mode: [String]) async throws {
        let kubectl = try await Kubectl()
        let word =
            mode.isEmpty ? ["created", "unchanged", "configured"] : Array(repeating: "serverside-applied", count: 3)
        let changed = Kubectl.pod.replacing("shipper:1", with: "shipper:2")
        for (said, document) in zip(word, [Kubectl.pod, Kubectl.pod, changed]) {
            #expect(try await kubectl(["apply"] + mode + ["-f", "-"], document) == "pod/a \(said)\n")
        }
        let pod = try #require(kubectl.server.update { $0.object("Pod", "a", in: "default") })
        #expect(pod[path: ["spec", "containers"]]?[1]?["image"] == "shipper:2")
        let refused = try await kubectl.run(
            ["apply"] + mode + ["-f", "-"], Kubectl.pod.replacing("restartPolicy", with: "restartPolicyy"))
        #expect(
            refused.error.contains("unknown field \"spec.restartPolicyy\"") || refused.error.contains("restartPolicyy"))
    }

    @Test func watchesFollowWhatHappens() async throws {
        let kubectl = try await Kubectl()
        _ = try await kubectl(["create", "-f", "-"], Kubectl.pod)
        let watch = try kubectl.start(["get", "pods", "--watch"])
        try await eventually("the first line") { watch.output.contains("Pending") }
        let change = { (phase: String, ready: Bool) in
            kubectl.server.update { api in
                _ = api.change("Pod", "a", in: "default") { pod in
                    let condition: JSONValue = ["type": "Ready", "status": ready ? "True" : "False"]
                    pod["status"] = ["phase": .string(phase), "conditions": [condition]]
                }
            }
        }
        change("Running", false)
        try await eventually("the change") { watch.output.contains("Running") }
        await watch.finish()
        let wait = try kubectl.start(["wait", "--for=condition=Ready", "pod/a", "--timeout=30s"])
        try await eventually("the watch") { kubectl.server.openWatches > 0 }
        change("Running", true)
        #expect(try await wait.wait(atMost: .seconds(30)).isSuccess, "\(wait.errorOutput)")
    }

    @Test func commandsRunInPods() async throws {
        let kubectl = try await Kubectl()
        _ = try await kubectl(["create", "-f", "-"], Kubectl.pod)
        kubectl.server.update { api in
            api.anyPod.exec = { call in
                PodScript.Run(
                    "\(call.container): \(call.command)", error: "careful", exitCode: call.command == ["fail"] ? 3 : 0)
            }
            api.anyPod.logs = ["main": "one\ntwo\n"]
        }
        let ran = try await kubectl.run(["exec", "a", "-c", "shipper", "--", "kill", "-TERM", "1"])
        #expect(ran.status.isSuccess, "\(ran.error)")
        #expect(ran.output == #"shipper: ["kill", "-TERM", "1"]"#)
        #expect(ran.error.contains("careful"))
        let failed = try await kubectl.run(["exec", "a", "-c", "main", "--", "fail"])
        #expect(failed.status == .exited(3))
        #expect(try await kubectl(["logs", "a", "-c", "main", "--tail=1"]) == "two\n")
    }

    @Test func accessAndRawPathsAreServed() async throws {
        let kubectl = try await Kubectl()
        let asked = try await kubectl.run(["auth", "can-i", "delete", "pods"])
        #expect(asked.output == "yes\n", "\(asked.error)")
        #expect(try await kubectl(["get", "--raw", "/version"]).contains("v1.36"))
        #expect(
            try await kubectl(["api-resources", "--api-group=batch", "-o", "name"]) == "cronjobs.batch\njobs.batch\n")
        #expect(try await kubectl(["create", "namespace", "other"]) == "namespace/other created\n")
        #expect(try await kubectl(["delete", "namespace", "other"]).contains("deleted"))
    }
}

/// `kubectl` with a server and a home of its own.
private struct Kubectl {
    let server: FakeAPIServer
    private let program: String
    private let home: TemporaryFolder

    static let pod = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: a
          labels: {app: x}
        spec:
          restartPolicy: Never
          containers:
          - {name: main, image: "busybox:1"}
          - {name: shipper, image: "shipper:1"}
        """

    init() async throws {
        server = try await FakeAPIServer.start(FakeAPI(), .init(certificates: try await Certificates()))
        home = try TemporaryFolder("kubectl")
        program = try #require(Tool.kubectl.path)
        try home.write(server.kubeconfig(), to: "config")
    }

    /// What it printed; it has to succeed.
    func callAsFunction(_ arguments: [String], _ input: String = "") async throws -> String {
        try await output(program, arguments, environment: environment, input: Array(input.utf8))
    }

    func run(_ arguments: [String], _ input: String = "") async throws -> Finished {
        try await TestSupport.run(program, arguments, environment: environment, input: Array(input.utf8))
    }

    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(program, arguments, environment: environment)
    }

    private var environment: [String: String?] { ["KUBECONFIG": home["config"], "HOME": home.path] }
}
