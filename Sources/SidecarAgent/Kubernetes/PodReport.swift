internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import YAMLTree

/// A state report as requests to the API server: annotations on the step's own pod, and an Event about it.
struct PodReport: Sendable {
    let report: StateReport
    let pod: PodIdentity

    /// The state's word alone, for columns and selectors of people.
    static let stateAnnotation = "sidecar.k-pipe.cloud/state"
    /// The whole report: the `data` of its CloudEvent.
    static let reportAnnotation = "sidecar.k-pipe.cloud/report"
    private static let controller = "sidecar.k-pipe.cloud/agent"
    private static let fieldManager = "kpipe-sidecar-agent"

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
