package import Basics
package import YAMLTree

/// What the API server alone knows of a step, as a record: for pods whose agent says nothing, or that have none.
package enum ClusterRecord {
    /// - Parameters:
    ///   - pod: its object.
    ///   - mains: names of the containers that are main.
    package static func record(of pod: YAMLNode, mains: Set<String>, now: UnixTime) -> StepRecord {
        var record = StepRecord()
        let (metadata, status) = (pod["metadata"], pod["status"])
        let found = PodContainers(pod, mains: mains)
        (record.made, record.program) = (now, Version.current)
        (record.step.namespace, record.step.pod) = (metadata?["namespace"]?.text, metadata?["name"]?.text)
        (record.step.uid, record.step.job, record.step.node) = (metadata?["uid"]?.text, found.job, found.node)
        record.start = time(metadata?["creationTimestamp"])
        record.containers = found.containers
        record.attempts = attempts(of: pod, mains: mains)
        record.states = states(of: pod)
        let phase = status?["phase"]?.text
        if phase == "Succeeded" || phase == "Failed" {
            record.end = record.containers.compactMap(\.end).max() ?? record.states.compactMap(\.time).max()
            record.outcome = end(of: record, phase: phase, reason: status?["reason"]?.text, status?["message"]?.text)
        }
        return record
    }

    /// Whether there may be an agent to ask. A native sidecar fetches inputs while its pod is still pending.
    package static func goesOn(_ pod: YAMLNode) -> Bool {
        !["Succeeded", "Failed"].contains(pod["status"]?["phase"]?.text)
    }

    /// For messages: the stores that `isFollowed` knows.
    package static let followed = "s3, gs, az, http and https"

    /// Whether a report is read from where a pod says that it is. Whoever writes pods would choose among the reader's own
    /// files otherwise.
    package static func isFollowed(_ url: String) -> Bool {
        ["s3://", "gs://", "az://", "http://", "https://"].contains { url.lowercased().hasPrefix($0) }
    }

    /// Where the agent of a pod answers; the one that most have where it says nothing of its own.
    package static func port(of pod: YAMLNode, default port: Int) -> Int {
        let spec = pod["spec"]
        let all = (spec?["initContainers"]?.sequence ?? []) + (spec?["containers"]?.sequence ?? [])
        for container in all {
            // Main may take a --port of its own.
            let words = ((container["command"]?.sequence ?? []).dropFirst() + (container["args"]?.sequence ?? []))
                .compactMap(\.text)
            guard words.first == "agent" else { continue }
            let options = zip(words, words.dropFirst() + [""])
            for (word, next) in options where word == "--port" || word.hasPrefix("--port=") {
                if let port = Int(word == "--port" ? next : String(word.dropFirst("--port=".count))) { return port }
            }
            for variable in container["env"]?.sequence ?? [] where variable["name"]?.text == "KPIPE_PORT" {
                if let port = variable["value"]?.text.flatMap({ Int($0) }) { return port }
            }
        }
        return port
    }

    private static func end(of record: StepRecord, phase: String?, reason: String?, _ message: String?) -> StepEnd {
        var end = StepEnd()
        let mains = record.containers.filter { $0.role == "main" }
        let failed = mains.first { $0.exitCode ?? 0 != 0 } ?? mains.first
        end.exitCode = failed?.exitCode
        end.attempts = mains.map { $0.restarts + ($0.start == nil ? 0 : 1) }.max()
        end.state = "DONE"
        guard phase == "Failed" else { return end }
        end.reason = reason ?? failed?.reason ?? "Failed"
        end.message = message
        end.container = failed?.name
        let isKilled = reason != nil || failed?.reason == "OOMKilled" || failed?.exitCode ?? 0 > 128
        end.state = isKilled ? "KILLED" : "ERROR"
        return end
    }

    /// Of one main container the instance before, as far as the kubelet remembers it, and the latest.
    private static func attempts(of pod: YAMLNode, mains: Set<String>) -> [RecordedAttempt] {
        let statuses = pod["status"]?["containerStatuses"]?.sequence ?? []
        guard let main = statuses.first(where: { $0["name"]?.text.map(mains.contains) == true }) else { return [] }
        let restarts = max(0, main["restartCount"]?.text.flatMap { Int64($0) } ?? 0)
        var attempts: [RecordedAttempt] = []
        if restarts > 0, let last = main["lastState"]?["terminated"] {
            attempts.append(RecordedAttempt(restarts, last))
        }
        if let ended = main["state"]?["terminated"] {
            attempts.append(RecordedAttempt(restarts + 1, ended))
        } else if let running = main["state"]?["running"] {
            attempts.append(RecordedAttempt(restarts + 1, running))
        }
        return attempts.filter { $0.start != nil }
    }

    private static func states(of pod: YAMLNode) -> [RecordedState] {
        var states = (pod["status"]?["conditions"]?.sequence ?? []).compactMap { condition -> RecordedState? in
            guard let time = time(condition["lastTransitionTime"]), let type = condition["type"]?.text else {
                return nil
            }
            var state = RecordedState()
            state.state = condition["status"]?.text == "True" ? type : "not \(type)"
            (state.time, state.reason, state.message) = (time, word(condition["reason"]), word(condition["message"]))
            return state
        }
        if let time = time(pod["metadata"]?["deletionTimestamp"]) {
            var state = RecordedState()
            (state.state, state.time) = ("to be gone", time)
            states.append(state)
        }
        return states.sorted { ($0.time?.milliseconds ?? 0) < ($1.time?.milliseconds ?? 0) }
    }

    /// Containers that never ran have the year 1970.
    fileprivate static func time(_ node: YAMLNode?) -> UnixTime? {
        node?.text.flatMap { UnixTime(internet: $0) }.flatMap { $0.milliseconds > 0 ? $0 : nil }
    }

    fileprivate static func word(_ node: YAMLNode?) -> String? { node?.text.flatMap { $0.isEmpty ? nil : $0 } }
}

extension RecordedAttempt {
    fileprivate init(_ number: Int64, _ state: YAMLNode) {
        self.init()
        self.number = number
        (start, end) = (ClusterRecord.time(state["startedAt"]), ClusterRecord.time(state["finishedAt"]))
        exitCode = state["exitCode"]?.text.flatMap { Int64($0) }
        reason = ClusterRecord.word(state["reason"])
        message = ClusterRecord.word(state["message"])
    }
}

/// What a pod's own object says for a record.
package struct PodContainers: Sendable, Equatable {
    package var node: String?
    package var job: String?
    package var containers: [RecordedContainer] = []

    /// - Parameters:
    ///   - pod: as the API server has it.
    ///   - mains: names of the containers that are main.
    package init(_ pod: YAMLNode, mains: Set<String>) {
        let (spec, status) = (pod["spec"], pod["status"])
        node = ClusterRecord.word(spec?["nodeName"])
        job = pod["metadata"]?["ownerReferences"]?.sequence?.first { $0["kind"]?.text == "Job" }?["name"]?.text
        for (list, states) in [("initContainers", "initContainerStatuses"), ("containers", "containerStatuses")] {
            let statuses = status?[states]?.sequence ?? []
            for container in spec?[list]?.sequence ?? [] {
                guard let name = container["name"]?.text else { continue }
                let found = statuses.first { $0["name"]?.text == name }
                containers.append(RecordedContainer(container, found, isInit: list == "initContainers", mains: mains))
            }
        }
    }
}

extension RecordedContainer {
    fileprivate init(_ spec: YAMLNode, _ status: YAMLNode?, isInit: Bool, mains: Set<String>) {
        self.init()
        name = spec["name"]?.text
        // The agent is told its step by variables of ours.
        let isAgent = spec["env"]?.sequence?.contains { $0["name"]?.text?.hasPrefix("KPIPE_") == true } == true
        let isSidecar = !isInit || spec["restartPolicy"]?.text == "Always"
        role = name.map(mains.contains) == true ? "main" : !isSidecar ? "init" : isAgent ? "agent" : "sidecar"
        image = spec["image"]?.text
        requests = RecordedResources(spec["resources"]?["requests"])
        limits = RecordedResources(spec["resources"]?["limits"])
        guard let status else { return }
        imageID = status["imageID"]?.text
        restarts = status["restartCount"]?.text.flatMap { Int64($0) }.map { max(0, $0) } ?? 0
        let state = status["state"]
        if let ended = state?["terminated"] {
            (start, end) = (ClusterRecord.time(ended["startedAt"]), ClusterRecord.time(ended["finishedAt"]))
            exitCode = ended["exitCode"]?.text.flatMap { Int64($0) }
            reason = ended["reason"]?.text
        } else if let running = state?["running"] {
            start = ClusterRecord.time(running["startedAt"])
        } else {
            reason = state?["waiting"]?["reason"]?.text
        }
    }
}

extension RecordedResources {
    fileprivate init(_ amounts: YAMLNode?) {
        self.init()
        cpu = amounts?["cpu"]?.text.flatMap { Quantity($0) }.map { Int64($0.thousandths) }
        memory = amounts?["memory"]?.text.flatMap { Quantity($0) }.map { Int64($0.thousandths / 1000) }
    }
}
