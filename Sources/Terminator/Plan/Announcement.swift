internal import Basics
internal import KubeClient
internal import KubeModel
internal import KubeRuntime
internal import Logging
internal import PodRules

/// What is said about a pod: as an Event and in the log.
enum Announcement: Sendable, Equatable {
    /// A rung is being tried.
    case terminating(container: String, Rung)
    /// A rehearsal has shown why the image is not to be swapped.
    case refuted(container: String, String)
    /// No rung is left; with what stood in the way of each.
    case failed(container: String, [Ladder.Obstacle])
    /// No sidecar keeps the pod open any more.
    case terminated(MainResult)
    /// Main succeeded, and the pod failed all the same, by what a sidecar ended with.
    case failedBySidecar(container: String, ContainerStatus.Termination, by: Rung?)
    /// The pod says something that cannot be meant.
    case mistake(Verdict.Reason)
    /// Main waits for a native sidecar that fails.
    case notStarting(PodFacts.FailingStart)

    var isWarning: Bool {
        switch self {
        case .refuted, .failed, .failedBySidecar, .mistake, .notStarting: true
        case .terminating, .terminated: false
        }
    }

    /// Of the Event; public, like the names of fields.
    var reason: String {
        switch self {
        case .terminating: "SidecarTerminating"
        case .terminated: "SidecarTerminated"
        case .refuted, .failed, .failedBySidecar, .mistake: "SidecarTerminationFailed"
        case .notStarting: "SidecarNotStarting"
        }
    }

    var message: String {
        switch self {
        case .terminating(let container, let rung):
            "The main containers have ended: ending the sidecar \(container) (\(rung.words))"
        case .failed(let container, let obstacles):
            "Nothing is left to end the sidecar \(container) with: "
                + (obstacles.isEmpty ? "all was tried" : obstacles.map(\.description).joined(separator: "; "))
                + ". What would end it: an endpoint that it can be asked at (annotation "
                + "\(WellKnownNames.Annotation.quit)), exitsWithZero in the terminator's configuration if it exits with 0 "
                + "on SIGTERM, or deleting the pod"
        case .refuted(let container, let reason):
            "The image of the sidecar \(container) is not swapped: the exit image \(reason). It was tried in an ephemeral "
                + "container beside it, and nothing was harmed"
        case .failedBySidecar(let container, let end, let rung):
            "The main containers succeeded, but the pod failed, because the sidecar \(container) ended with \(end.exitCode)"
                + (end.reason.isEmpty ? "" : " (\(end.reason))") + ": \(Self.remedy(end, rung))"
        case .terminated(let result): "All sidecars have ended; the main containers \(result.word)"
        case .mistake(let reason): "Nothing is terminated: \(reason)"
        case .notStarting(let failing):
            "The native sidecar \(failing.sidecar) does not start (\(failing.reason)), and the main containers start only "
                + "after it: mend it, or \(Advice.doWithout)"
        }
    }
}

extension Announcement {
    /// What to change so that a sidecar's end fails no pod again.
    private static func remedy(_ end: ContainerStatus.Termination, _ rung: Rung?) -> String {
        switch rung {
        case .image?:
            end.reason == "StartError"
                ? "the exit image does not have its command"
                : "the exit image does not exit with 0, or the kubelet was restarted before it had started that"
        case let rung? where rung.isSignal:
            "that is what it made of SIGTERM (\(rung.rawValue)); take exitsWithZero for it out of the configuration, or let "
                + "it exit with 0"
        case .http?: "that is what it made of being asked; let it exit with 0, or take the quit endpoint away"
        default: "it ended by itself; let it exit with 0, or make it native (kpipe-sidecar render convert)"
        }
    }

    /// Of several rungs and sidecars each has an Event of its own: those with the same reason, action and part of the pod are
    /// one that happened again.
    func event(about pod: PodFacts) -> ClusterEvent {
        ClusterEvent(
            isWarning ? .warning : .normal,
            regarding: ObjectReference(
                apiVersion: APIResource.pods.apiVersion, kind: APIResource.pods.kind, namespace: pod.key.namespace,
                name: pod.key.name, uid: pod.uid, fieldPath: fieldPath),
            reason: reason, action: action, note: message.printable())
    }

    /// As the kubelet names containers in its own Events.
    private var fieldPath: String {
        switch self {
        case .terminating(let name, _), .refuted(let name, _), .failed(let name, _), .failedBySidecar(let name, _, _):
            "spec.containers{\(name)}"
        case .notStarting(let failing): "spec.initContainers{\(failing.sidecar)}"
        case .terminated, .mistake: ""
        }
    }

    private var action: String {
        switch self {
        case .terminating(_, let rung): rung.camelCase
        case .refuted: "Refuted"
        case .failed: "Exhausted"
        case .terminated, .failedBySidecar, .mistake, .notStarting: ""
        }
    }

    /// In the log: always the same words for the same thing.
    var logMessage: Logger.Message {
        switch self {
        case .terminating: "ending sidecar"
        case .refuted: "exit image refuted"
        case .failed: "no way left to end sidecar"
        case .terminated: "sidecars ended"
        case .failedBySidecar: "pod failed by sidecar"
        case .mistake: "pod left alone"
        case .notStarting: "native sidecar does not start"
        }
    }

    var logFields: Logger.Metadata {
        switch self {
        case .terminating(let container, let rung): ["container": "\(container)", "rung": "\(rung.rawValue)"]
        case .refuted(let container, let reason): ["container": "\(container)", "why": "\(reason.printable())"]
        case .failed(let container, let obstacles):
            [
                "container": "\(container)",
                "obstacles": "\(obstacles.map(\.description).joined(separator: "; ").printable())",
            ]
        case .terminated(let result): ["result": "\(result.word)"]
        case .failedBySidecar(let container, let end, _):
            ["container": "\(container)", "exitCode": "\(end.exitCode)", "why": "\(end.reason.printable())"]
        case .mistake(let reason): ["why": "\(reason.description.printable())"]
        case .notStarting(let failing):
            ["container": "\(failing.sidecar)", "why": "\(failing.reason.printable())"]
        }
    }
}

extension MainResult {
    var word: String {
        switch self {
        case .succeeded: "succeeded"
        case .failed: "failed"
        }
    }
}

extension Ladder.Obstacle: CustomStringConvertible {
    var description: String { "\(rung.rawValue): \(reason)" }
}

extension Rung {
    /// As part of a reason or action, for programs.
    var camelCase: String { rawValue.prefix(1).uppercased() + rawValue.dropFirst() }

    /// What it does, for people.
    var words: String {
        switch self {
        case .http: "http: its quit endpoint is asked"
        case .image: "image: its image is swapped for one that exits with 0"
        case .crr: "crr: Kruise's daemon is asked to stop it"
        case .node: "node: the node agent is asked to stop it"
        case .exec: "exec: it is told to end by a command inside it"
        case .debug: "debug: it gets a signal from an ephemeral container"
        case .hold: "hold: the pod's phase is held until the Job has counted it"
        case .deadline: "deadline: the kubelet ends what is left of the pod"
        }
    }
}

/// Announces what happens to a pod: an Event for whoever looks at the pod, a line of log for whoever looks at us.
struct Announcer: Sendable {
    let events: EventRecorder?
    let logger: Logger

    func announce(_ announcements: [Announcement], of pod: PodFacts) {
        for announcement in announcements {
            let fields: Logger.Metadata = ["pod": "\(pod.key)", "reason": "\(announcement.reason)"]
            logger.log(
                level: announcement.isWarning ? .warning : .info, announcement.logMessage,
                metadata: fields.merging(announcement.logFields) { field, _ in field })
            events?.record(announcement.event(about: pod))
        }
    }
}
