public import KubeModel
internal import YAMLTree

/// What a person wants to know of a pod: which container counts as what, what holds it open, what would be done, and what
/// went wrong so far.
public struct PodDiagnosis: Sendable, Equatable {
    public struct Row: Sendable, Equatable {
        public var container: String
        /// `main` or `sidecar`.
        public var role: String
        /// Why it counts as that.
        public var reason: String
        public var state: String
        public var restarts: Int32
        /// Whether it keeps the pod open although main has ended.
        public var holdsOpen: Bool
        /// What would be done about it now; empty for nothing.
        public var next: String
        /// What was tried, in order.
        public var tried: [String]
        /// Why other ways are not taken.
        public var obstacles: [String]
    }

    public var pod: ObjectKey
    public var verdict: String
    public var job: String?
    public var rows: [Row]
    /// Annotations that cannot be followed.
    public var findings: [String]

    public init(_ facts: PodFacts, _ surroundings: Surroundings) {
        pod = facts.key
        job = facts.job?.name
        findings = facts.findings
        let verdict = Verdict(for: facts)
        self.verdict = verdict.sentence
        var budget = surroundings.budget
        rows = facts.containers.map { container in
            var row = Row(
                container: container.name, role: container.role.word, reason: container.role.reason,
                state: container.stateWords, restarts: container.restartCount, holdsOpen: false, next: "",
                tried: facts.progress.attempts(of: container.name).map(\.words), obstacles: [])
            guard case .terminate(let open, let result) = verdict, open.contains(where: { $0.name == container.name })
            else { return row }
            let ladder = Ladder(pod: facts, sidecar: container, result: result, surroundings: surroundings)
            let (step, obstacles) = ladder.next(budget: &budget)
            row.holdsOpen = true
            row.next = step.words
            row.obstacles = obstacles.map(\.description)
            return row
        }
    }
}

extension Verdict {
    /// For people.
    public var sentence: String {
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
        case .wait(let seconds, let rung): "\(rung.rawValue) is under way; the next in \(seconds) s"
        case .exhausted: "nothing is left to try"
        }
    }
}

extension Progress.Attempt {
    fileprivate var words: String {
        "\(rung.rawValue) at \(KubeTimeText.seconds(time))\(hasFailed ? " (failed)" : "")"
    }
}

extension ContainerFacts {
    /// As kubectl words it, with the exit code.
    fileprivate var stateWords: String {
        switch state {
        case .unknown: "no status"
        case .waiting(let reason): reason.isEmpty ? "waiting" : reason
        case .running: "running"
        case .terminated(let end):
            "\(end.reason.isEmpty ? "ended" : end.reason) (\(end.exitCode))\(isOpen ? ", to be restarted" : "")"
        }
    }
}
