import Basics
import Foundation
import HTTPServer
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import Telemetry
import TestSupport
import Testing
import YAMLTree

@testable import Admission

/// A real API server that asks us about pods.
@Suite(.requiresRealControlPlane, .serialized) struct RealServerTests {
    /// A labelled namespace, and a webhook at work for it while `body` runs.
    struct Stage: Sendable {
        let client: KubeClient
        let namespace: String

        func create(_ resource: APIResource, _ object: JSONValue, dryRun: Bool = false) async throws -> YAMLNode {
            let answer = try await client.send(
                .create(resource, namespace: namespace, body: Array(object.text.utf8), .init(isDryRun: dryRun)))
            return try YAMLNode(json: answer.body)
        }

        /// The first one.
        func event() async throws -> YAMLNode {
            try await eventually("an Event") {
                let answer = try await client.send(.list(.events, namespace: namespace))
                return try YAMLNode(json: answer.body)["items"]?[0]
            }
        }

        /// A webhook at a port of this machine is asked about this namespace's pods while `body` runs.
        func configure(
            _ name: String, port: Int, bundle: String? = nil, isReinvoked: Bool = true, _ body: () async throws -> Void
        ) async throws {
            let configuration: JSONValue = [
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
                "metadata": ["name": .string(name)],
                "webhooks": [
                    [
                        "name": "convert.sidecar.k-pipe.cloud", "admissionReviewVersions": ["v1"],
                        "clientConfig": .object(present: [
                            "url": .string("https://127.0.0.1:\(port)/convert"), "caBundle": bundle.map { .string($0) },
                        ]),
                        "rules": [
                            [
                                "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"],
                                "operations": ["CREATE"],
                            ]
                        ],
                        "failurePolicy": "Ignore", "timeoutSeconds": 5,
                        "reinvocationPolicy": isReinvoked ? "IfNeeded" : "Never",
                        "sideEffects": "NoneOnDryRun",
                        "namespaceSelector": ["matchLabels": ["kubernetes.io/metadata.name": .string(namespace)]],
                    ]
                ],
            ]
            _ = try await client.send(
                .create(.mutatingWebhookConfigurations, body: Array(configuration.text.utf8)))
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            _ = try await client.send(.delete(.mutatingWebhookConfigurations, ObjectKey(name: name)))
            try outcome.get()
        }

        func pod(_ name: String) async throws -> YAMLNode {
            let answer = try await client.send(.get(.pods, ObjectKey(namespace: namespace, name: name)))
            return try YAMLNode(json: answer.body)
        }
    }

    static func client() async throws -> KubeClient {
        let plane = try await RealControlPlane.shared()
        let folder = try TemporaryFolder("kubeconfig")
        let selection = ClusterSelection(kubeconfig: try folder.write(plane.kubeconfig(), to: "config"))
        return KubeClient(try ClusterAccess.load(selection, environment: [:]), KubeClientOptions(rate: nil))
    }

    /// A new one, labelled.
    static func namespace(_ client: KubeClient) async throws -> String {
        let name = "webhook-\(UInt32.random(in: 0..<(.max)))"
        let namespace: JSONValue = [
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": ["name": .string(name), "labels": ["sidecar.k-pipe.cloud/convert": "enabled"]],
        ]
        _ = try await client.send(.create(.namespaces, body: Array(namespace.text.utf8)))
        return name
    }

    static func pod(_ name: String, all: Bool = false) -> JSONValue {
        let mark: JSONValue = [["name": "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT", "value": "true"]]
        return [
            "apiVersion": "v1", "kind": "Pod",
            "metadata": [
                "name": .string(name),
                "ownerReferences": [
                    [
                        "apiVersion": "batch/v1", "kind": "Job", "name": "step", "uid": "job-1", "controller": true,
                    ]
                ],
            ],
            "spec": [
                "restartPolicy": "Never",
                "containers": [
                    ["name": "main", "image": "busybox", "env": all ? mark : []],
                    [
                        "name": "logger", "image": "busybox", "env": mark,
                        "ports": [["containerPort": 8080, "name": "http"]],
                        "readinessProbe": ["httpGet": ["path": "/ready", "port": "http"]],
                    ],
                ],
            ],
        ]
    }

    static func onStage(_ body: @Sendable (Stage) async throws -> Void) async throws {
        let client = try await client()
        let name = try await namespace(client)
        var configuration = TerminatorConfiguration()
        configuration.webhook.port = 0
        configuration.webhook.configuration = name
        configuration.webhook.secret = name
        configuration.webhook.hosts = ["127.0.0.1"]
        let webhook = AdmissionWebhook(
            configuration, AdmissionOptions(ownNamespace: "default"), api: client, registry: MetricRegistry(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let server = try await webhook.listen()
        let stage = Stage(client: client, namespace: name)
        let outcome: Result<Void, any Error> = await withTaskGroup(of: Void.self) { group in
            group.addTask { await webhook.run(server) }
            defer { group.cancelAll() }
            do {
                try await stage.configure(name, port: server.port) {
                    // The bundle has to reach the API server's own view.
                    try await eventually("the webhook's first answer") {
                        let pod = try await stage.create(.pods, Self.pod("first"), dryRun: true)
                        return pod["spec"]?["initContainers"] != nil
                    }
                    try await body(stage)
                }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        await client.shutdown()
        try outcome.get()
    }

    @Test func storedPodsHaveNativeSidecars() async throws {
        try await Self.onStage { stage in
            _ = try await stage.create(.pods, Self.pod("step"))
            let pod = try await stage.pod("step")
            let sidecar = try #require(pod["spec"]?["initContainers"]?[0])
            #expect(sidecar["name"]?.text == "logger")
            #expect(sidecar["restartPolicy"]?.text == "Always")
            #expect(sidecar["startupProbe"]?["httpGet"]?["path"]?.text == "/ready")
            #expect(pod["spec"]?["containers"]?.sequence?.count == 1)
        }
    }

    @Test func onDoubtThePodComesInAndItsOwnerIsTold() async throws {
        try await Self.onStage { stage in
            _ = try await stage.create(.pods, Self.pod("all", all: true))
            #expect(try await stage.pod("all")["spec"]?["initContainers"] == nil)
            let event = try await stage.event()
            #expect(event["reason"]?.text == AdmissionEvent.left)
            #expect(event["regarding"]?["kind"]?.text == "Job")
            #expect(event["note"]?.text?.contains("KS001") == true)
        }
    }

    /// Nobody answers any more: pods come in as they are.
    @Test func anOutageKeepsNobodyOut() async throws {
        try await Self.onStage { stage in
            // A second webhook at whose port nobody listens, called before ours.
            let port = try freePorts(1)[0]
            try await stage.configure("a-\(stage.namespace)", port: port) {
                _ = try await stage.create(.pods, Self.pod("step"))
                let pod = try await stage.pod("step")
                #expect(pod["spec"]?["containers"]?.sequence?.count == 1)
            }
        }
        let client = try await Self.client()
        let stage = try await Stage(client: client, namespace: Self.namespace(client))
        try await stage.configure("a-\(stage.namespace)", port: try freePorts(1)[0]) {
            _ = try await stage.create(.pods, Self.pod("alone"))
            #expect(try await stage.pod("alone")["spec"]?["containers"]?.sequence?.count == 2)
        }
        await client.shutdown()
    }

    /// Another webhook, called after ours, drops what it does not know.
    @Test func strippedPoliciesArePutBack() async throws {
        let material = try CertificateIssuer(CertificatePlan(names: ["127.0.0.1"]))
            .perform(.startAnew, on: CertificateMaterial(), now: Int64(time(nil)))
        let certificate = ServingCertificate()
        try certificate.serve(material.identity)
        let stripper = try await WebServer.listen(port: 0) { certificate.tls }
        let stripped = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await stripper.run { request in
                    let review = try? AdmissionRequest(review: request.body)
                    let natives = review?.object?["spec"]?["initContainers"]?.sequence ?? []
                    let isNative = natives.first?["restartPolicy"] != nil
                    if isNative { stripped.add(1) }
                    let removal: JSONValue = [["op": "remove", "path": "/spec/initContainers/0/restartPolicy"]]
                    return .json(AdmissionAnswer(uid: review?.uid ?? "", patch: isNative ? removal : nil).json)
                }
            }
            defer { group.cancelAll() }
            try await Self.onStage { stage in
                let bundle = Data(material.bundle.utf8).base64EncodedString()
                try await stage.configure(
                    "z-\(stage.namespace)", port: stripper.port, bundle: bundle, isReinvoked: false
                ) {
                    try await eventually("the other webhook's first answer") {
                        _ = try await stage.create(.pods, Self.pod("probe"), dryRun: true)
                        return stripped.most > 0
                    }
                    _ = try await stage.create(.pods, Self.pod("step"))
                }
                let sidecar = try await stage.pod("step")["spec"]?["initContainers"]?[0]
                #expect(sidecar?["name"]?.text == "logger")
                #expect(sidecar?["restartPolicy"]?.text == "Always")
                let event = try await stage.event()
                #expect(event["reason"]?.text == AdmissionEvent.restored)
            }
        }
    }
}
