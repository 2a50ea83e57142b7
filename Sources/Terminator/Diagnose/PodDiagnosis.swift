package import KubeModel
package import PodRules
internal import YAMLTree

/// The answer to one question about pods.
package struct DiagnosisReport: Sendable, Equatable {
    /// Where a Job was asked about that is still there.
    package var job: JobDiagnosis?
    /// By namespace and name; of many pods only those that say something of sidecars and have not finished.
    package var pods: [PodDiagnosis]
    /// Pods that were asked about one by one, or with their Job, are explained in full.
    package var isDetailed: Bool
}

/// How it stands with a Job, beside its pods.
package struct JobDiagnosis: Sendable, Equatable {
    package var job: ObjectKey
    /// `true` once it has completed or failed.
    package var isFinished: Bool
    /// One sentence.
    package var verdict: String

    init(_ key: ObjectKey, _ document: YAMLNode) {
        job = key
        let spec = document["spec"]
        let status = document["status"]
        let number = { (node: YAMLNode?, name: String) in node?[name]?.text.flatMap { Int($0) } }
        let condition = { (type: String) in
            (status?["conditions"]?.sequence ?? []).first { $0["type"]?.text == type && $0["status"]?.text == "True" }
        }
        if condition("Complete") != nil {
            isFinished = true
            verdict = "complete"
        } else if let failed = condition("Failed") {
            isFinished = true
            verdict = "failed: \(Self.words(failed))"
        } else if let failing = condition("FailureTarget") {
            isFinished = false
            verdict = "about to fail, once its pods have ended: \(Self.words(failing))"
        } else if spec?["suspend"]?.text == "true" {
            isFinished = false
            verdict = "suspended: nobody makes pods for it"
        } else {
            isFinished = false
            let wanted = number(spec, "completions") ?? number(spec, "parallelism") ?? 1
            let failures = number(status, "failed") ?? 0
            let limit = number(spec, "backoffLimit") ?? ClusterFacts.standardBackoffLimit
            verdict =
                "not complete: \(number(status, "succeeded") ?? 0) of \(wanted) succeeded, "
                + "\(number(status, "active") ?? 0) active, \(failures) failed (backoffLimit \(limit))"
        }
    }

    private static func words(_ condition: YAMLNode) -> String {
        [condition["reason"]?.text, condition["message"]?.text].compactMap { $0?.isEmpty == false ? $0 : nil }
            .joined(separator: ": ")
    }
}

/// What a person wants to know of a pod: which container counts as what, what holds it open, what would be done, and what
/// went wrong so far.
package struct PodDiagnosis: Sendable, Equatable {
    package struct Row: Sendable, Equatable {
        package var container: String
        /// `main` or `sidecar`.
        package var role: String
        /// Why it counts as that.
        package var reason: String
        package var state: String
        package var restarts: Int32
        /// Whether it keeps the pod open although main has ended, or what is taken for main where nobody has marked anything.
        package var holdsOpen: Bool
        /// What would be done about it now; `nil` for nothing.
        var step: Ladder.Step?
        /// What was tried, in order.
        package var tried: [String]
        /// Why other ways are not taken.
        package var obstacles: [String]
        /// What its like were seen to make of SIGTERM; `nil` where that was not seen.
        package var onTerm: TermLesson?
        /// Its image was swapped, and the new one cannot be pulled.
        package var lacksExitImage = false

        /// `step`, for people; empty for nothing.
        package var next: String { step?.words ?? "" }
    }

    package var pod: ObjectKey
    package var uid: String
    package var verdict: String
    /// Finished, and nothing is left to be done about it.
    package var isFinished: Bool
    package var job: String?
    /// How main ended, and when, in seconds since 1970; `nil` while it has not.
    package var result: MainResult?
    package var mainEnd: Int64?
    /// What it keeps from others as long as it is held open; `nil` where it is not, or asks for nothing.
    package var held: String? { isHeldOpen && capacity != PodCapacity() ? capacity.words : nil }
    private let capacity: PodCapacity
    package var rows: [Row]
    /// Annotations that cannot be followed.
    package var findings: [String]
    /// What its owner could do, where the terminator does nothing.
    package var advice: [String]
    /// Warnings that the cluster holds about it, oldest first.
    package var warnings: [String] = []

    package init(
        _ facts: PodFacts, _ verdict: Verdict, _ surroundings: Surroundings,
        lessons: (ContainerFacts) -> TermLesson? = { _ in nil }
    ) {
        pod = facts.key
        uid = facts.uid
        job = facts.job?.name
        result = facts.result
        mainEnd = facts.mainEnd.flatMap { $0 > 0 ? $0 : nil }
        capacity = facts.capacity
        findings = facts.findings
        self.verdict = verdict.sentence
        isFinished = facts.isOver(verdict)
        advice = Advice.lines(for: facts, verdict)
        var budget = surroundings.budget
        let hanging = Advice.hanging(facts, verdict)
        rows = facts.containers.map { container in
            var row = Row(
                container: container.name, role: container.role.word, reason: container.role.reason,
                state: container.stateWords(inFinishedPod: facts.isFinished), restarts: container.restartCount,
                holdsOpen: hanging.contains(container.name), step: nil,
                tried: facts.progress.attempts(of: container.name).map(\.words), obstacles: [])
            if container.role.isSidecar { row.onTerm = lessons(container) }
            row.lacksExitImage =
                container.cannotPullImage && facts.progress.attempt(.image, of: container.name) != nil
            guard case .terminate(let open, let result) = verdict, open.contains(where: { $0.name == container.name })
            else { return row }
            let ladder = Ladder(pod: facts, sidecar: container, result: result, surroundings: surroundings)
            let (step, obstacles) = ladder.next(budget: &budget)
            row.holdsOpen = true
            row.step = step
            row.obstacles = obstacles.map(\.description)
            return row
        }
    }

    package var isHeldOpen: Bool { rows.contains(where: \.holdsOpen) }

    /// Without what changes each second: that a wait has become shorter is nothing new.
    var steady: PodDiagnosis {
        var copy = self
        copy.rows = rows.map(\.steady)
        return copy
    }
}

extension PodDiagnosis.Row {
    var steady: Self {
        var copy = self
        switch step {
        case .wait(_, let rung)?: copy.step = .wait(0, for: rung)
        case .linger?: copy.step = .linger(0)
        case .attempt?, .rehearse?, .exhausted?, nil: break
        }
        return copy
    }
}

extension PodFacts {
    /// Finished, also where its phase was held, and nothing is left to be done about it.
    func isOver(_ verdict: Verdict) -> Bool {
        if case .done = verdict { isFinished } else { verdict == .leave(.finished) }
    }
}

extension Verdict {
    /// For people.
    package var sentence: String {
        switch self {
        case .leave(let reason): "left alone: \(reason)"
        case .wait(let mains): "waiting for \(mains.joined(separator: ", "))"
        case .terminate(let sidecars, let result):
            "main \(result.word); held open by \(sidecars.map(\.name).joined(separator: ", "))"
        case .done(let result): "main \(result.word); no sidecar is open"
        }
    }
}

extension Ladder.Step {
    fileprivate var words: String {
        switch self {
        case .attempt(let rung): rung.words
        case .rehearse: "image: the exit image is tried in an ephemeral container, then it is swapped for that"
        case .linger(let seconds): "left alone for its last lines; the first rung in \(seconds) s"
        case .wait(let seconds, let rung): "\(rung.rawValue) is under way; the next in \(seconds) s"
        case .exhausted: "nothing is left to try"
        }
    }
}

extension Progress.Attempt {
    /// What was done: a swap that was only rehearsed was not.
    var title: String { rung.rawValue + (isRehearsal ? " rehearsed" : "") }

    fileprivate var words: String {
        "\(title) at \(KubeTimeText.seconds(time))" + (hasFailed ? " (failed)" : "")
    }
}

extension ContainerFacts {
    /// As kubectl words it, with the exit code.
    fileprivate func stateWords(inFinishedPod isOver: Bool) -> String {
        switch state {
        case .unknown: "no status"
        case .waiting(let reason): reason.isEmpty ? "waiting" : reason
        case .running: "running"
        case .terminated(let end):
            "\(end.reason.isEmpty ? "ended" : end.reason) (\(end.exitCode))\(isOpen && !isOver ? ", to be restarted" : "")"
        }
    }
}
