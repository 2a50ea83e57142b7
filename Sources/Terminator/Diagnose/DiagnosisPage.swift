internal import Basics
package import KubeClient
internal import KubeModel
internal import OperatorConfiguration
internal import PodRules
internal import Report
internal import YAMLTree

/// A diagnosis as one page: containers, conditions, Events and rungs of each pod over the same time.
extension Diagnosis {
    /// More pods than anybody looks at in one picture.
    private static let podsShown = 60
    private static let eventsShown = 100

    /// - Parameters:
    ///   - title: as the subject was named.
    ///   - now: seconds since 1970.
    package func page(_ subject: Subject, title: String, now: Int64) async throws(KubeError) -> [UInt8] {
        let report = try await report(subject, now: now)
        var pods: [JobPage.Pod] = []
        for diagnosis in report.pods.prefix(Self.podsShown) {
            guard let pod = try await pod(diagnosis, now: now) else { continue }
            pods.append(pod)
        }
        let held = report.pods.count(where: \.isHeldOpen)
        let sentence =
            report.job?.verdict
            ?? (report.pods.count == 1
                ? report.pods[0].verdict : "\(String(counting: report.pods.count, "pod")), \(held) held open")
        return JobPage.html(title: title, sentence: sentence, pods: pods, left: report.pods.count - pods.count)
    }

    /// `nil` for one that has gone meanwhile.
    private func pod(_ diagnosis: PodDiagnosis, now: Int64) async throws(KubeError) -> JobPage.Pod? {
        let answer: APIResponse
        do throws(KubeError) { answer = try await api.send(.get(.pods, diagnosis.pod)) } catch {
            guard error.status?.code == 404 else { throw error }
            return nil
        }
        guard let node = try? YAMLNode(json: answer.body), let pod = try? Pod(.json, in: answer.body.span) else {
            return nil
        }
        let mains = diagnosis.rows.filter { $0.role == "main" }.map(\.container)
        var record = ClusterRecord.record(of: node, mains: Set(mains), now: UnixTime(milliseconds: now * 1000))
        let progress = PodFacts(pod, rules: configuration.rules).progress
        for index in record.containers.indices {
            guard let name = record.containers[index].name,
                let row = diagnosis.rows.first(where: { $0.container == name })
            else { continue }
            record.containers[index].role = row.role
            let words =
                [row.holdsOpen ? "keeps the pod open" + (row.next.isEmpty ? "" : "; next: \(row.next)") : nil]
                + row.obstacles.map { "not possible: \($0)" } + [row.onTerm.map { "SIGTERM: \($0.words)" }]
            let said = words.compactMap { $0 }
            record.containers[index].note = said.isEmpty ? nil : said.joined(separator: "; ")
            for attempt in progress.attempts(of: name) {
                var state = RecordedState()
                (state.state, state.time) = (
                    "\(name): \(attempt.title)\(attempt.hasFailed ? ", in vain" : "")",
                    UnixTime(milliseconds: attempt.time * 1000)
                )
                record.states.append(state)
            }
        }
        record.states += try await WarningEvents.all(about: pod, api).suffix(Self.eventsShown)
        record.states.sort { ($0.time?.milliseconds ?? 0) < ($1.time?.milliseconds ?? 0) }
        return JobPage.Pod(
            record, verdict: diagnosis.verdict, notes: diagnosis.findings + diagnosis.advice + diagnosis.warnings)
    }
}

extension WarningEvents {
    /// All Events about the pod that the cluster still has, as moments; none where they may not be read.
    fileprivate static func all(about pod: Pod, _ api: any KubeAPI) async throws(KubeError) -> [RecordedState] {
        let events: [YAMLNode] = try await items(about: pod, "", api)
        return events.compactMap { (event: YAMLNode) -> RecordedState? in
            guard let time = UnixTime(internet: time(of: event)) else { return nil }
            var state = RecordedState()
            (state.state, state.time, state.message) = (event["reason"]?.text, time, event["message"]?.text)
            return state
        }
    }
}
