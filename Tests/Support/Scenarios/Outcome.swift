import Basics
import FakeKube
import YAMLTree

/// How a scenario ended, as the API server tells.
package struct Outcome: Sendable, Equatable {
    /// The type of the Job's condition: `Complete` or `Failed`.
    package var job: String
    /// Of the Job's last pod, or `deleted`.
    package var phase: String
    /// Exit codes of the main containers.
    package var codes: [String: Int]
    /// The rungs tried for each sidecar, in their order; none where nothing was.
    package var rungs: [String: [String]]
    /// How often main ran again before its Job completed. One that fails tries as often as it likes.
    package var reruns: Int

    init(
        _ job: String, _ phase: String, _ codes: [String: Int], _ rungs: [String: [String]], reruns: Int = 0
    ) {
        self.job = job
        self.phase = phase
        self.codes = codes
        self.rungs = rungs
        self.reruns = reruns
    }

    /// The Job completes, the pod has succeeded.
    static func complete(
        _ rungs: String..., of sidecars: [String] = ["sidecar"], reruns: Int = 0
    ) -> Outcome {
        Outcome(
            "Complete", "Succeeded", ["main": 0], Dictionary(uniqueKeysWithValues: sidecars.map { ($0, rungs) }),
            reruns: reruns)
    }

    /// The Job completes because the pod's phase was held until it was counted.
    static func held(_ sidecar: String = "sidecar") -> Outcome {
        Outcome("Complete", kubeletsAffair, ["main": 0], [sidecar: [hold]])
    }

    /// Without what nobody can promise. Once the Job has counted a pod whose phase was held, it depends on the moment
    /// whether the kubelet takes the phase back or ends the pod because of it, and what else has to be done then.
    package var promised: Outcome {
        guard rungs.values.contains(where: { $0.contains(Self.hold) }) else { return self }
        var promised = self
        promised.phase = Self.kubeletsAffair
        // By which of its sidecars a pod is held is the moment's affair as well: the others show what followed alone.
        promised.rungs = rungs.mapValues { rungs in
            if let place = rungs.firstIndex(of: Self.hold) { return Array(rungs[...place]) }
            return rungs.contains(Self.deadline) ? [Self.hold] : rungs
        }
        return promised
    }

    /// Whether the results are the same, by whatever way: one that was remembered and, because of what happened to the
    /// terminator, not carried out is waited for and then followed by the next. Nor need a pod be held whose sidecar has
    /// left by itself before anybody came to it.
    package func isAsGood(as expected: Outcome) -> Bool {
        let leftByItself = expected.phase == Self.kubeletsAffair && job == "Complete" && phase == "Succeeded"
        return job == expected.job && codes == expected.codes && reruns <= expected.reruns
            && (phase == expected.phase || phase == Self.kubeletsAffair || leftByItself)
    }

    private static let hold = "hold"
    private static let deadline = "deadline"
    private static let kubeletsAffair = "held"

    /// The Job fails as main has.
    static func failed(_ codes: [String: Int], by rungs: String..., of sidecar: String = "sidecar") -> Outcome {
        Outcome("Failed", "Failed", codes, [sidecar: rungs])
    }

    /// `nil` before the end: of the Job, of every container of its pod, and of what the terminator has to tell; if it was killed
    /// in time, the next one.
    init?(job: JSONValue, pods: [JSONValue], mains: [String], isTold: Bool) {
        let conditions = job[path: ["status", "conditions"]]?.array ?? []
        let ends = conditions.filter { $0["status"]?.string == "True" }.compactMap { $0["type"]?.string }
        guard let end = ends.first(where: { $0 == "Complete" || $0 == "Failed" }) else { return nil }
        let newest = pods.max { Self.creation($0) < Self.creation($1) }
        guard let pod = newest, pods.allSatisfy(Self.isClosed) else { return nil }
        let progress = Self.progress(of: pod)
        guard !isTold || progress.isEmpty || Self.isDeleted(pod) || Self.isConcluded(pod) else { return nil }
        self.job = end
        phase = Self.isDeleted(pod) ? Self.deleted : pod.text(at: "status.phase") ?? ""
        codes = [:]
        for name in mains { codes[name] = Self.lastCode(of: name, in: pod) }
        rungs = Self.rungs(progress)
        let completions = job[path: ["spec", "completions"]]?.integer ?? 1
        reruns = end == "Complete" ? (mains.map { Self.runs(of: $0, in: pods) }.max() ?? completions) - completions : 0
    }

    private static func creation(_ pod: JSONValue) -> String { pod.text(at: "metadata.creationTimestamp") ?? "" }

    private static func progress(of pod: JSONValue) -> String {
        pod[path: ["metadata", "annotations", Marker.progress]]?.string ?? ""
    }

    /// By the Job, which has given up, or by somebody else.
    static let deleted = "deleted"

    private static func isDeleted(_ pod: JSONValue) -> Bool { pod[path: ["metadata", "deletionTimestamp"]] != nil }

    /// Gone, or without a container that runs or waits.
    private static func isClosed(_ pod: JSONValue) -> Bool {
        if isDeleted(pod) { return true }
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        return !statuses.isEmpty && statuses.allSatisfy { $0[path: ["state", "terminated"]] != nil }
    }

    private static func isConcluded(_ pod: JSONValue) -> Bool {
        (pod[path: ["status", "conditions"]]?.array ?? []).contains {
            $0["type"]?.string == "SidecarTerminated" && $0["status"]?.string == "True"
        }
    }

    private static func status(of container: String, in pod: JSONValue) -> JSONValue? {
        (pod[path: ["status", "containerStatuses"]]?.array ?? []).first { $0["name"]?.string == container }
    }

    private static func runs(of container: String, in pods: [JSONValue]) -> Int {
        pods.compactMap { status(of: container, in: $0) }.reduce(0) { runs, status in
            let isToBegin =
                status[path: ["state", "waiting"]] != nil && status[path: ["lastState", "terminated"]] == nil
            return runs + Int(status["restartCount"]?.integer ?? 0) + (isToBegin ? 0 : 1)
        }
    }

    private static func lastCode(of container: String, in pod: JSONValue) -> Int? {
        guard let status = status(of: container, in: pod) else { return nil }
        return ["state", "lastState"].lazy.compactMap { status[path: [$0, "terminated", "exitCode"]]?.integer }.first
    }

    /// `a=http@1/0!,image@2/0;b=image@3/0?!,hold@4/0`. What was only rehearsed was not done.
    private static func rungs(_ progress: String) -> [String: [String]] {
        var rungs: [String: [String]] = [:]
        for entry in progress.split(separator: ";") {
            let parts = entry.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let done = parts[1].split(separator: ",").filter { !$0.contains("?") }
            if !done.isEmpty { rungs[String(parts[0])] = done.map { String($0.prefix { $0 != "@" }) } }
        }
        return rungs
    }
}

extension Outcome: CustomStringConvertible {
    package var description: String {
        let codes = codes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let rungs = rungs.sorted { $0.key < $1.key }.map { "\($0.key) by \($0.value.joined(separator: ", "))" }
        return "Job \(job), pod \(phase), \(codes), \(reruns) reruns; \(rungs.joined(separator: "; "))"
    }
}
