internal import PodRules

/// How many more restarts a Job's pods may have under `OnFailure` before the Job controller fails the Job.
///
/// It sums the restarts of the Job's unfinished pods, swaps of images among them, and fails the Job when the sum
/// reaches `backoffLimit` (with 0: at any restart). A pod that finishes takes its restarts out of the sum.
struct RestartBudget: Sendable, Equatable {
    /// How much of it one more swap may take.
    enum Allowance: Sendable, Equatable {
        case granted
        /// Only when pods that are about to finish have done so.
        case later
        case denied
    }

    private let isLimited: Bool
    /// Nobody has counted yet.
    private var isUnknown = false
    /// Somebody has asked for what nobody had counted: what was decided then is void.
    private(set) var isMissed = false
    /// Restarts that may still come before the limit, those of finishing pods counted or not.
    private var left: Int
    private var leftOnceOthersFinish: Int

    /// Nothing counts restarts: `Never`, or a pod without a Job.
    static let unlimited = RestartBudget(isLimited: false, left: 0, leftOnceOthersFinish: 0)

    /// To be counted where a plan asks for it.
    static let unknown: RestartBudget = {
        var budget = unlimited
        budget.isUnknown = true
        return budget
    }()

    private init(isLimited: Bool, left: Int, leftOnceOthersFinish: Int) {
        self.isLimited = isLimited
        self.left = left
        self.leftOnceOthersFinish = leftOnceOthersFinish
    }

    /// - Parameters:
    ///   - backoffLimit: the Job's.
    ///   - pod: whose sidecars are to be ended.
    ///   - shares: of all pods of the Job that have restarted anything, with or without `pod`.
    init(backoffLimit: Int, of pod: PodFacts, beside shares: [RestartShare]) {
        // With a limit of 0 one restart is too many, with 1 as well. The API has 32 bits for it.
        let allowed = backoffLimit > 1 ? min(backoffLimit, Int(Int32.max)) - 1 : 0
        let others = shares.filter { $0.uid != pod.uid }
        let own = RestartShare.restarts(of: pod)
        let passing = others.filter(\.isFinishing).reduce(0) { $0 + $1.restarts }
        let lasting = others.filter { !$0.isFinishing }.reduce(0) { $0 + $1.restarts }
        self.init(
            isLimited: true, left: allowed - own - lasting - passing, leftOnceOthersFinish: allowed - own - lasting)
    }

    /// What one swap may do now; granting it takes it from the budget.
    mutating func take() -> Allowance {
        if isUnknown { isMissed = true }
        guard isLimited else { return .granted }
        if left > 0 {
            left -= 1
            leftOnceOthersFinish -= 1
            return .granted
        }
        return leftOnceOthersFinish > 0 ? .later : .denied
    }
}

/// What one unfinished pod of a Job takes of its budget. There are as many as the Job has pods, so that this is all that is
/// kept of them.
struct RestartShare: Sendable, Equatable {
    let uid: String
    let restarts: Int
    /// It takes its restarts out of the sum soon.
    let isFinishing: Bool

    /// `nil` for a pod that takes nothing.
    init?(of pod: PodFacts) {
        restarts = Self.restarts(of: pod)
        guard !pod.isFinished, restarts > 0 else { return nil }
        uid = pod.uid
        switch pod.verdict {
        case .terminate, .done: isFinishing = !pod.progress.isEmpty
        case .leave, .wait: isFinishing = false
        }
    }

    /// Those the kubelet has counted, and swaps that it has not acted on yet.
    static func restarts(of pod: PodFacts) -> Int {
        let underWay = pod.sidecars.count { sidecar in
            guard let swap = pod.progress.attempt(.image, of: sidecar.name), !swap.hasFailed, !swap.isRehearsal else {
                return false
            }
            return sidecar.isOpen && sidecar.hasRun && sidecar.restartCount <= swap.restarts
        }
        return max(0, pod.restarts) + underWay
    }
}
