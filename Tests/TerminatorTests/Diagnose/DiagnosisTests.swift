import Basics
import FakeKube
import Foundation
import HTTPTransport
import KubeClient
import KubeModel
import Logging
import OperatorConfiguration
import PodRules
import PodTestSupport
import Synchronization
import TestSupport
import Testing
import YAMLTree

@testable import Terminator

/// Against the fake API server.
@Suite struct DiagnosisTests {
    private static let step = ObjectKey(namespace: Cluster.namespace, name: "step")

    private static func report(
        _ cluster: Cluster, _ subject: Diagnosis.Subject, as api: KubeClient? = nil
    ) async throws -> DiagnosisReport {
        try await Diagnosis(api ?? cluster.client, .exiting).report(subject, now: KubeTime.now.microseconds / 1_000_000)
    }

    @Test func `a Job is told with its pods and their warnings`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 3)
        cluster.pod("early")
        cluster.server.update { api in
            api.change("Pod", "early", in: Cluster.namespace) {
                $0["metadata"]?["labels"]?[WellKnownNames.Label.jobName] = "step"
            }
            api.place([
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e1", "namespace": "team"],
                "involvedObject": ["kind": "Pod", "name": "early", "namespace": "team", "uid": "uid-early"],
                "type": "Warning", "reason": "BackOff", "message": "Back-off pulling\nimage", "count": 3,
                "lastTimestamp": "2026-11-21T06:00:00Z",
            ])
        }
        let report = try await Self.report(cluster, .job(Self.step))
        #expect(report.job?.verdict.hasSuffix("(backoffLimit 3)") == true)
        #expect(report.isDetailed)
        #expect(report.pods.map(\.pod.name) == ["early"])
        #expect(report.pods.first?.rows.last?.step == .rehearse(0))
        #expect(
            report.pods.first?.warnings == ["BackOff: Back-off pulling image (3 times) at 2026-11-21T06:00:00Z"])
        await cluster.client.shutdown()
    }

    @Test func `a Job is one picture with its containers, Events and rungs`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 3)
        cluster.pod("early")
        cluster.server.update { api in
            api.change("Pod", "early", in: Cluster.namespace) {
                $0["metadata"]?["labels"]?[WellKnownNames.Label.jobName] = "step"
            }
            api.place([
                "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e1", "namespace": "team"],
                "involvedObject": ["kind": "Pod", "name": "early", "namespace": "team", "uid": "uid-early"],
                "type": "Normal", "reason": "Pulled", "message": "<script>alert(1)</script>",
                "lastTimestamp": "2026-11-21T06:00:00Z",
            ])
        }
        let now = KubeTime.now.microseconds / 1_000_000
        let page = String(
            decoding: try await Diagnosis(cluster.client, .exiting).page(.job(Self.step), title: "job/step", now: now),
            as: UTF8.self)
        await cluster.client.shutdown()
        #expect(page.contains("job/step") && page.contains("backoffLimit 3") && page.contains("early"))
        #expect(page.contains("keeps the pod open; next: image"), "\(page)")
        #expect(page.contains("Pulled: &lt;script&gt;alert(1)&lt;/script&gt;"))
        #expect(page.components(separatedBy: "<script>").count == 2)
    }

    @Test func `a Job or pod that does not exist is an error, a namespace without pods is not`() async throws {
        let cluster = try await Cluster()
        for subject in [Diagnosis.Subject.job(Self.step), .pod(Self.step)] {
            let error = await #expect(throws: KubeError.self) { try await Self.report(cluster, subject) }
            #expect(error?.status?.code == 404)
        }
        #expect(try await Self.report(cluster, .namespace("nowhere")).pods.isEmpty)
        await cluster.client.shutdown()
    }

    @Test func `of many pods those are left out that are finished or say nothing of sidecars`() async throws {
        let cluster = try await Cluster()
        cluster.pod("open")
        cluster.pod("finished")
        cluster.endSidecar(of: "finished")
        cluster.pod("plain")
        cluster.server.update { api in
            api.change("Pod", "plain", in: Cluster.namespace) { $0["spec"]?["containers"] = [["name": "main"]] }
        }
        for subject in [Diagnosis.Subject.all, .namespace(Cluster.namespace)] {
            let report = try await Self.report(cluster, subject)
            #expect(report.pods.map(\.pod.name) == ["open"])
            #expect(report.pods.first?.warnings.isEmpty == true)
        }
        await cluster.client.shutdown()
    }

    /// Asked about one pod or all, from inside the terminator or not: the evidence is in the cluster.
    @Test func `what SIGTERM gives is seen in other pods and told`() async throws {
        let cluster = try await Cluster()
        cluster.job("step", backoffLimit: 0)
        for name in ["one", "two", "open"] {
            cluster.pod(name, policy: "OnFailure", command: ["agent"])
            cluster.server.update { api in
                _ = api.change("Pod", name, in: Cluster.namespace) { pod in
                    var statuses = pod["status"]?["containerStatuses"]?.array ?? []
                    statuses[1]["imageID"] = "sha256:1"
                    if name != "open" {
                        statuses[1]["state"] = .ended(0)
                        pod["status"]?["phase"] = "Succeeded"
                        pod["metadata"]?["annotations"] = .object([
                            .init(WellKnownNames.Annotation.progress, "sidecar=hold@1/0,deadline@2/0")
                        ])
                    }
                    pod["status"]?["containerStatuses"] = .array(statuses)
                }
            }
        }
        var configuration = TerminatorConfiguration.exiting
        configuration.nodeAgent = true
        for subject in [Diagnosis.Subject.all, .pod(ObjectKey(namespace: Cluster.namespace, name: "open"))] {
            let report = try await Diagnosis(cluster.client, configuration).report(
                subject, now: KubeTime.now.microseconds / 1_000_000)
            let row = try #require(report.pods.first { $0.pod.name == "open" }?.rows.last)
            #expect(row.onTerm == .zero)
            #expect(row.step == .attempt(.node))
            let text = DiagnosisText.table(report, isWide: true, now: 0)
            #expect(text.contains(TermLesson.zero.words))
        }
        await cluster.client.shutdown()
    }

    /// Of many pods those are shown, too, that hang although nobody has marked anything, or has misspelt it.
    @Test func `what hangs unmarked is found among all`() async throws {
        let cluster = try await Cluster()
        func unmark(_ pod: String, annotation: String? = nil) {
            cluster.pod(pod)
            cluster.server.update { api in
                _ = api.change("Pod", pod, in: Cluster.namespace) { pod in
                    pod["spec"]?["containers"] = .array(
                        ["main", "sidecar"].map { ["name": .string($0), "image": "busybox:latest"] })
                    if let annotation {
                        pod["metadata"]?["annotations"] = .object([
                            .init(WellKnownNames.Annotation.sidecars, .string(annotation))
                        ])
                    }
                }
            }
        }
        unmark("unmarked")
        unmark("misspelt", annotation: "sidecra")
        let report = try await Self.report(cluster, .all)
        let mark = "if sidecar should end with the others: kubectl annotate pod "
        let key = "sidecar.k-pipe.cloud/sidecars=sidecar"
        #expect(
            report.pods.map(\.advice) == [
                ["\(mark)misspelt -n team \(key) --overwrite"], ["\(mark)unmarked -n team \(key)"],
            ])
        #expect(report.pods.map(\.findings.count) == [1, 0])
        await cluster.client.shutdown()
    }

    @Test(arguments: [Diagnosis.Subject.all, .namespace(Cluster.namespace)])
    func `the namespace's label makes known sidecars count`(_ subject: Diagnosis.Subject) async throws {
        let cluster = try await Cluster()
        cluster.known("mesh")
        #expect(try await Self.report(cluster, subject).pods.first?.rows.map(\.role) == ["main", "main"])
        cluster.labelNamespace()
        let report = try await Self.report(cluster, subject)
        #expect(report.pods.first?.rows.map(\.role) == ["main", "sidecar"])
        #expect(report.pods.first?.rows.last?.reason == "known sidecar")
        await cluster.client.shutdown()
    }

    @Test func `who may not read namespaces is told that they could matter`() async throws {
        let cluster = try await Cluster()
        cluster.known("mesh")
        cluster.pod("early")
        let reader = cluster.client(
            may: [("", "pods", ["get", "list"]), ("", "nodes", ["get"]), ("batch", "jobs", ["get"])])
        let name = { ObjectKey(namespace: Cluster.namespace, name: $0) }
        let mesh = try await Self.report(cluster, .pod(name("mesh")), as: reader).pods.first
        #expect(mesh?.findings.first?.contains("the namespace's labels may not be read") == true)
        let early = try await Self.report(cluster, .pod(name("early")), as: reader).pods.first
        #expect(early?.findings.isEmpty == true)
        await reader.shutdown()
        await cluster.client.shutdown()
    }

    @Test func `a watch tells what changes, over a restart of the server`() async throws {
        let cluster = try await Cluster()
        cluster.pod("busy", main: .up)
        let log = NewsLog()
        let watch = DiagnosisWatch(
            Diagnosis(cluster.client, .exiting), .namespace(Cluster.namespace),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { KubeTime.now.microseconds / 1_000_000 }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await watch.run { news in
                    log.all.withLock { $0.append(news) }
                    return true
                }
            }
            defer { group.cancelAll() }
            try await eventually("the pod") { log.has { $0.changed.first?.pod.verdict == "waiting for main" } }
            await cluster.server.stop()
            try await eventually("the trouble") { log.has { $0.trouble != nil && $0.pods.count == 1 } }
            cluster.pod("busy")
            try await cluster.server.listen()
            try await eventually("the end of main") { log.has { $0.changed.first?.pod.isHeldOpen == true } }
            #expect(log.all.withLock { $0.last?.trouble } == nil)
            cluster.endSidecar(of: "busy")
            try await eventually("the end of the pod") { log.has { $0.gone.map(\.name) == ["busy"] } }
        }
        #expect(log.all.withLock { $0.count { !$0.changed.isEmpty } } == 2)
        await cluster.client.shutdown()
    }

    @Test func `a watch ends when nobody listens any more`() async throws {
        let cluster = try await Cluster()
        let watch = DiagnosisWatch(
            Diagnosis(cluster.client, .exiting), .all, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        ) { 0 }
        await watch.run { _ in false }
        await cluster.client.shutdown()
    }
}

private final class NewsLog: Sendable {
    let all = Mutex<[DiagnosisNews]>([])

    func has(_ condition: (DiagnosisNews) -> Bool) -> Bool { all.withLock { $0.contains(where: condition) } }
}
