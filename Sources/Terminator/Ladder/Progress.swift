internal import OperatorConfiguration
internal import PodRules

/// The terminator's memory of a pod, kept in the pod's annotation: which rung was tried when. Whoever leads next reads
/// it and carries on.
///
/// As text: `proxy=http@1795240856/0!,image@1795240866/0;logger=hold@1795240890/2`. For each container the rungs in the
/// order in which they were tried, with the second (since 1970), the container's restarts until then, `?` where it has
/// only been rehearsed, and `!` where the rung is known to have failed.
struct Progress: Sendable, Equatable {
    struct Attempt: Sendable, Equatable {
        var rung: Rung
        /// Seconds since 1970, by the clock of whoever tried.
        var time: Int64
        /// The container's restarts before it.
        var restarts: Int32
        var hasFailed = false
        /// The swap was not made, but tried in a container beside it.
        var isRehearsal = false

        init(_ rung: Rung, at time: Int64, restarts: Int32 = 0, hasFailed: Bool = false) {
            self.rung = rung
            self.time = time
            self.restarts = restarts
            self.hasFailed = hasFailed
        }
    }

    private var attempts: [String: [Attempt]] = [:]

    init() {}

    var isEmpty: Bool { attempts.isEmpty }
    /// Whether the pod's phase is being held, or was.
    var holds: Bool { attempts.values.contains { $0.contains { $0.rung == .hold && !$0.hasFailed } } }
    /// When the first rung was tried.
    var start: Int64? { attempts.values.joined().map(\.time).min() }

    /// The rung that was tried last and has not failed; `nil` where all was in vain.
    var last: Rung? {
        attempts.values.compactMap { $0.last { !$0.hasFailed && !$0.isRehearsal } }.max { $0.time < $1.time }?.rung
    }

    /// In the order in which they were made.
    func attempts(of container: String) -> [Attempt] { attempts[container] ?? [] }

    func attempt(_ rung: Rung, of container: String) -> Attempt? {
        attempts[container]?.last { $0.rung == rung }
    }

    /// What became of the attempts of containers that have ended: the last one `succeeded`, one that had to be followed by
    /// another was not (`timeout`), and what failed at once has been told then. A hold is never followed in vain.
    var outcomes: [(rung: Rung, result: String)] {
        attempts.values.flatMap { attempts in
            attempts.enumerated().compactMap { index, attempt in
                if attempt.hasFailed || attempt.isRehearsal { return nil }
                let isLast = index == attempts.count - 1 || attempt.rung == .hold
                return (attempt.rung, isLast ? "succeeded" : "timeout")
            }
        }
    }

    /// Adds an attempt; an earlier one at the same rung is forgotten.
    mutating func record(_ attempt: Attempt, of container: String) {
        attempts[container, default: []].removeAll { $0.rung == attempt.rung }
        attempts[container, default: []].append(attempt)
    }

    mutating func markFailed(_ rung: Rung, of container: String) {
        guard let index = attempts[container]?.lastIndex(where: { $0.rung == rung }) else { return }
        attempts[container]?[index].hasFailed = true
    }
}

extension Progress: CustomStringConvertible {
    /// Far beyond what this writes for any real pod.
    private static let maximumLength = 16 << 10

    /// Anybody who may edit the pod may have written the text: what cannot be read is left out, which at worst tries a
    /// rung once more.
    init(_ text: String) {
        guard text.utf8.count <= Self.maximumLength else { return }
        for entry in text.split(separator: ";") {
            guard let sign = entry.firstIndex(of: "=") else { continue }
            let container = String(entry[..<sign])
            for attempt in entry[entry.index(after: sign)...].split(separator: ",") {
                guard !container.isEmpty, let attempt = Attempt(attempt) else { continue }
                record(attempt, of: container)
            }
        }
    }

    var description: String {
        attempts.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.map(\.description).joined(separator: ","))" }
            .joined(separator: ";")
    }
}

extension Progress.Attempt: CustomStringConvertible {
    fileprivate init?(_ text: Substring) {
        let hasFailed = text.last == "!"
        let text = hasFailed ? text.dropLast() : text
        let isRehearsal = text.last == "?"
        let parts = (isRehearsal ? text.dropLast() : text).split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let rung = Rung(rawValue: String(parts[0])) else { return nil }
        let numbers = parts[1].split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(numbers.count), let time = Int64(numbers[0]), time >= 0 else { return nil }
        guard let restarts = numbers.count == 2 ? Int32(numbers[1]) : 0, restarts >= 0 else { return nil }
        self.init(rung, at: time, restarts: restarts, hasFailed: hasFailed)
        self.isRehearsal = isRehearsal
    }

    var description: String {
        "\(rung.rawValue)@\(time)/\(restarts)\(isRehearsal ? "?" : "")\(hasFailed ? "!" : "")"
    }
}

extension PodFacts {
    /// Seconds since the pod's phase was held first, by the clock of whoever did it; `nil` where it is not held, or its Job has
    /// counted it.
    func holdAge(at now: Int64) -> Int64? {
        let progress = progress
        guard progress.holds, isTrackedByJob else { return nil }
        let since = containers.compactMap { progress.attempt(.hold, of: $0.name)?.time }.min()
        return since.map { now - $0 }
    }

    /// The watch of held pods tells when the kubelet takes the phase back and when the Job has counted; what nobody has
    /// counted for long is looked at all the same, once a minute in the end.
    func holdInterval(at now: Int64) -> Int64 { Patience.interval(after: holdAge(at: now) ?? 0, within: 1...60) }

    /// What was tried already.
    var progress: Progress {
        get { Progress(memory) }
        set { memory = newValue.description }
    }

    var verdict: Verdict { Verdict(for: self, holdsPhase: progress.holds) }
}
