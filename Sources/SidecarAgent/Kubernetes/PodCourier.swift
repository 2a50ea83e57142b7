import Basics
import KubeClient
import KubeModel
import KubeRuntime

/// Reports to the step's own pod, as far as its account may.
struct PodCourier: ReportCourier {
    /// `nil` where no cluster could be found.
    let api: (any KubeAPI)?
    let pod: PodIdentity

    var destination: String { StateTargetConfiguration.kubernetes }

    /// Main may write `state` in a loop, and the API server is everybody's.
    var pace: TokenBucket? { TokenBucket(burst: 20, interval: .seconds(1)) }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        guard let api else {
            return .refused("there is no API server to report to: mount a service account's token into the agent")
        }
        let requests = PodReport(report: report, pod: pod)
        do {
            _ = try await api.send(requests.annotation)
        } catch {
            return DeliveryOutcome(error)
        }
        do {
            _ = try await api.send(requests.event)
        } catch {
            guard error.status?.reason != "AlreadyExists" else { return .delivered }
            return DeliveryOutcome(error)
        }
        return .delivered
    }
}

extension DeliveryOutcome {
    init(_ error: KubeError) {
        switch error.status?.code {
        case 403:
            self = .refused("\(error); let the pod's account patch pods and create events (events.k8s.io)")
        case _ where error.isTransient:
            let pause = error.status?.retryAfterSeconds.map { Duration.seconds($0) }
            self = .failed("\(error)", retryAfter: pause)
        default: self = .refused("\(error)")
        }
    }
}

/// A state report as requests to the API server: annotations on the step's own pod, and an Event about it.
struct PodReport: Sendable {
    let report: StateReport
    let pod: PodIdentity

    /// The state's word alone, for columns and selectors of people.
    private static let stateAnnotation = "sidecar.k-pipe.cloud/state"
    /// The whole state report: the `data` of its CloudEvent.
    private static let reportAnnotation = "sidecar.k-pipe.cloud/state-report"
    private static let controller = "sidecar.k-pipe.cloud/agent"
    static let fieldManager = "kpipe-sidecar-agent"

    private var name: String { pod.name ?? "" }
    private var namespace: String { pod.namespace ?? "default" }
    private var cloudEvent: CloudEvent { CloudEvent(report: report, pod: pod) }

    /// A merge patch; the uid in it makes the server refuse a pod that only has our pod's name.
    var annotation: APIRequest {
        let annotations: JSONValue = .object([
            .init(Self.stateAnnotation, .string(report.state)),
            .init(Self.reportAnnotation, .string(cloudEvent.data.text)),
        ])
        let metadata: JSONValue = .object(present: [
            "uid": pod.uid.map { .string($0) }, "annotations": annotations,
        ])
        return .patch(
            .pods, ObjectKey(namespace: namespace, name: name), .merge(["metadata": metadata]),
            WriteOptions(fieldManager: Self.fieldManager))
    }

    /// Named after the report, so that one that is sent twice is there once.
    var event: APIRequest {
        .create(
            ClusterEvent(
                report.reason == nil ? .normal : .warning,
                regarding: ObjectReference(
                    apiVersion: "v1", kind: "Pod", namespace: namespace, name: name, uid: pod.uid ?? ""),
                reason: report.reason ?? "StateChanged", action: "Report", note: note),
            named: eventName, at: report.time.milliseconds * 1000, controller: Self.controller, instance: name,
            WriteOptions(fieldManager: Self.fieldManager))
    }

    private var eventName: String {
        let suffix = ".\(report.epoch)-\(report.sequence)"
        return name.prefix(253 - suffix.utf8.count) + suffix
    }

    private var note: String {
        var text = "\(report.previous) → \(report.state)"
        if let message = report.message { text += ": \(message)" }
        if let code = report.exitCode { text += " (exit code \(code))" }
        return text
    }
}
