import Basics
import Foundation
import KubeModel
import TestSupport
import Testing
import YAMLTree

@testable import KubeClient

/// A pod on a real node, with a web server that listens on the pod's localhost only.
@Suite(.enabled(if: Lab.kubeconfig != nil, "no real node here: set LAB_HOME"), .timeLimit(.minutes(3)))
struct LabConnectionsTests {
    private let client: KubeClient
    private let streams: PodConnections
    private let namespace = "streams-trials"

    init() throws {
        let access = try ClusterAccess.load(.init(kubeconfig: Lab.kubeconfig), environment: [:])
        client = KubeClient(access)
        streams = PodConnections(access, environment: [:])
    }

    @Test func talksToARealPod() async throws {
        let pod = try await startPod()
        do { try await talk(to: pod) } catch { Issue.record(error) }
        _ = try? await client.send(APIRequest("DELETE", "\(pods)/\(pod.name)"))
        await client.shutdown()
    }

    private func talk(to pod: ObjectKey) async throws {
        let failing = try await streams.exec(ExecCommand(in: pod, ["sh", "-c", "echo out; echo err >&2; exit 7"]))
        #expect(failing.exitCode == 7)
        #expect(failing.output == Array("out\n".utf8))
        #expect(failing.error == Array("err\n".utf8))

        let input = seededBytes(300_000)
        let echoed = try await streams.exec(ExecCommand(in: pod, container: "main", ["cat"]), input: input)
        #expect(echoed.output == input)

        let missing = await #expect(throws: KubeError.self) { try await streams.exec(ExecCommand(in: pod, ["nope"])) }
        #expect(missing?.status?.message.contains("nope") == true)
        let container = await #expect(throws: KubeError.self) {
            try await streams.exec(ExecCommand(in: pod, container: "none", ["ls"]))
        }
        #expect(container?.status?.code == 400)

        let page = try await streams.roundTrip(PortRequest("GET", "/", to: pod, port: 15020))
        #expect(page.status == 200)
        #expect(page.body == Array("hello\n".utf8))
        let nothing = try await streams.roundTrip(PortRequest("GET", "/nothing", to: pod, port: 15020))
        #expect(nothing.status == 404)
        let closed = await #expect(throws: KubeError.self) {
            try await streams.roundTrip(PortRequest("GET", "/", to: pod, port: 15999))
        }
        #expect(closed?.description.contains("15999") == true)
        #expect(closed?.isTransient == true)
    }

    private var pods: String { "/api/v1/namespaces/\(namespace)/pods" }

    private func startPod() async throws -> ObjectKey {
        let object: JSONValue = ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]]
        _ = try? await client.send(APIRequest("POST", "/api/v1/namespaces", body: Array(object.text.utf8)))
        try await eventually("the service account") {
            try? await client.send(APIRequest("GET", "/api/v1/namespaces/\(namespace)/serviceaccounts/default"))
        }
        let script = "mkdir /www && echo hello > /www/index.html && exec httpd -f -p 127.0.0.1:15020 -h /www"
        let pod: JSONValue = [
            "apiVersion": "v1", "kind": "Pod", "metadata": ["generateName": "streams-"],
            "spec": [
                "terminationGracePeriodSeconds": 0,
                "containers": [
                    [
                        "name": "main", "image": "busybox:latest", "imagePullPolicy": "IfNotPresent",
                        "command": ["sh", "-c", .string(script)],
                        "readinessProbe": [
                            "exec": ["command": ["wget", "-q", "-O", "-", "http://127.0.0.1:15020/"]],
                            "periodSeconds": 1,
                        ],
                    ]
                ],
            ],
        ]
        let created = try YAMLNode(
            parsing: try await client.send(APIRequest("POST", pods, body: Array(pod.text.utf8))).body)
        let key = ObjectKey(namespace: namespace, name: created["metadata"]?["name"]?.text ?? "")
        try await eventually("the pod to be ready", limit: .seconds(90), every: .milliseconds(500)) {
            let pod = try YAMLNode(parsing: try await client.send(APIRequest("GET", "\(pods)/\(key.name)")).body)
            return pod["status"]?["containerStatuses"]?[0]?["ready"]?.text == "true" ? true : nil
        }
        return key
    }
}
