internal import KubeClient
internal import KubeModel
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
    /// The API server takes no longer note (events.k8s.io/v1).
    private static let noteLimit = 1024

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
        let event: JSONValue = [
            "apiVersion": .string(APIResource.events.apiVersion), "kind": .string(APIResource.events.kind),
            "metadata": ["name": .string(eventName), "namespace": .string(namespace)],
            "eventTime": .string(report.time.microTime),
            "reportingController": .string(Self.controller), "reportingInstance": .string(String(name.prefix(128))),
            "action": "Report", "reason": .string(reason),
            "type": report.reason == nil ? "Normal" : "Warning",
            "note": .string(note),
            "regarding": .object(present: [
                "apiVersion": "v1", "kind": "Pod", "namespace": .string(namespace), "name": .string(name),
                "uid": pod.uid.map { .string($0) },
            ]),
        ]
        return .create(
            .events, namespace: namespace, body: Array(event.text.utf8), WriteOptions(fieldManager: Self.fieldManager))
    }

    private var eventName: String {
        let suffix = ".\(report.epoch)-\(report.sequence)"
        return name.prefix(253 - suffix.utf8.count) + suffix
    }

    private var reason: String { report.reason ?? "StateChanged" }

    private var note: String {
        var text = "\(report.previous) → \(report.state)"
        if let message = report.message { text += ": \(message)" }
        if let code = report.exitCode { text += " (exit code \(code))" }
        while text.utf8.count > Self.noteLimit { text.removeLast() }
        return text
    }
}

extension UnixTime {
    /// `metav1.MicroTime`: six digits, not fewer.
    fileprivate var microTime: String { description.dropLast() + "000Z" }
}
