package import Report
import WorkdirProtocol

/// Everything that can happen to a step.
enum LifecycleInput: Sendable, Equatable {
    /// The agent is up. On a journal's machine this means: go on where the earlier agent was killed.
    case start
    /// The node was rebooted while a try ran; whatever main's files said before is void.
    case rebooted

    /// Every input is complete and verified, and the entrypoint is in its place.
    case inputsReady
    /// An input, the configuration or the volume is at fault, for good.
    case inputsFailed(FailureCause)

    /// The `started` marker.
    case started
    /// A line in `state`, sanitised.
    case state(String)
    /// The entrypoint's record of the current try.
    case attempt(MainAttempt)
    case done(DoneMarker)
    /// The process of that try is gone (shared PID namespace).
    case mainGone(attempt: Int)
    case mainStatus(MainStatus)

    case outputsStored
    case outputsFailed(FailureCause)

    /// SIGTERM.
    case terminate
    /// After SIGTERM: the API server has had the time to say how main ended.
    case statusOverdue
    /// After SIGTERM: main still runs, but what it left must be stored now to be in time.
    case storeLatest
    /// After SIGTERM: the grace is nearly over.
    case deadline
}

/// What the shell is to do, in order. Every effect may be asked for again after a restart, so each is idempotent.
enum LifecycleEffect: Sendable, Equatable {
    case fetchInputs
    case cancelFetching
    case publishReady
    case report(StateChange)

    /// Upload what is marked `during: continuous` while main runs.
    case storeContinuously
    case storeOutputs(StoreOrder)
    /// Stop uploads; the shell answers `outputsFailed` naming what is missing.
    case cancelStoring

    /// The entrypoint of that try need not wait any longer: what is to be stored, is.
    case publishStored(attempt: Int)
    /// The step, or that try, cannot succeed; attempt 0 stands for every try.
    case publishFailed(attempt: Int, FailureCause)

    /// SIGTERM has come: count down to `storeLatest` and `deadline`.
    case beginGrace
    /// Flush the reports as long as the grace allows, then exit 0.
    case exit
}

/// What to store: the outputs whose `when` fits the outcome.
struct StoreOrder: Sendable, Equatable, Codable {
    var attempt: Int
    var outcome: StepOutcome
}

/// One try of the main container, as its entrypoint describes it.
struct MainAttempt: Sendable, Equatable, Codable {
    enum Phase: String, Sendable, Codable {
        case waiting, running, ended
    }

    /// From 1; each restart of the container is a new try.
    var number: Int
    var phase: Phase
    var exitCode: Int32?
    /// The signal that ended the program.
    var signal: Int32?
    /// Why the entrypoint itself ended the program, such as `NoOutput`.
    var reason: String?
    /// What the entrypoint tells people of the end.
    var message: String?
    /// The program's process as its own container numbers it.
    var processID: Int32?
    /// The trace that main belongs to, by its environment: a `TraceParent`.
    var traceparent: String?

    /// Whether the entrypoint went on from waiting to starting its program.
    var hasBegun: Bool { reason != EndReason.cancelled && reason != EndReason.initializationFailed }
}

/// The `done` marker as found.
struct DoneMarker: Sendable, Equatable, Codable {
    /// The try it ends; `nil` where main's own program wrote an empty file.
    var attempt: Int?
    /// Tells a marker from an earlier one at the same path: inode and time of change.
    var identity: String
}

/// Main's container status as the API server tells it.
package enum MainStatus: Sendable, Equatable {
    /// It has never run; `reason` in the kubelet's words (`ImagePullBackOff`, `CreateContainerConfigError`), or the pod's
    /// own (`DeadlineExceeded`).
    case notStarted(reason: String)
    case running
    /// `reason` in the kubelet's words (`Completed`, `Error`, `OOMKilled`); `final` when it will not be restarted;
    /// `restarts` before the one that ended, where the kubelet says.
    case terminated(exitCode: Int32, reason: String, final: Bool, restarts: Int? = nil)
}

/// Where main's status comes from, when the pod may read itself.
package protocol MainStatusSource: Sendable {
    /// Tells changes of main's status until the task is cancelled; returns early where the pod may not be read.
    func follow(_ tell: @escaping @Sendable (MainStatus) -> Void) async

    /// Until the pod's deletion is enforced; `nil` where it is not being deleted, or nobody says.
    func timeLeft() async -> Duration?

    /// What the pod's object says of its containers; `nil` where nobody says.
    func details() async -> PodContainers?

    /// Lets those who look at the pod know where the step's report lies, as far as that is allowed.
    func announce(report url: String) async
}

extension MainStatusSource {
    func details() async -> PodContainers? { nil }
    func announce(report url: String) async {}
}
