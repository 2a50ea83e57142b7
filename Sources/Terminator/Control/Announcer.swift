internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
internal import PodRules

/// Tells of a pod: an Event for whoever looks at the pod, a line of log for whoever looks at us.
struct Announcer: Sendable {
    let events: EventRecorder?
    let logger: Logger

    func announce(_ announcements: [Announcement], of pod: PodFacts) {
        let reference = ObjectReference(
            apiVersion: APIResource.pods.apiVersion, kind: APIResource.pods.kind, namespace: pod.key.namespace,
            name: pod.key.name, uid: pod.uid)
        for announcement in announcements {
            logger.log(
                level: announcement.isWarning ? .warning : .info, "\(announcement.message)",
                metadata: ["pod": "\(pod.key)", "reason": "\(announcement.reason)"])
            events?.record(
                ClusterEvent(
                    announcement.isWarning ? .warning : .normal, regarding: reference, reason: announcement.reason,
                    note: announcement.message))
        }
    }
}
