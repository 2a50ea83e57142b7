package import Basics
internal import HTTPTransport
package import KubeClient
package import KubeModel
internal import KubeRuntime
package import OperatorConfiguration
internal import PodRules
internal import WorkdirProtocol
internal import YAMLTree

/// Asks a cluster about pods, and changes nothing.
package struct Diagnosis: Sendable {
    let api: any KubeAPI
    let configuration: TerminatorConfiguration
    let namespaces = KnownNamespaces()
    let time: Timepiece
    private let cluster: ClusterFacts
    private let lessons = TermMemory()

    package init(_ api: any KubeAPI, _ configuration: TerminatorConfiguration, time: Timepiece = .system) {
        self.api = api
        self.configuration = configuration
        self.time = time
        cluster = ClusterFacts(api, rules: configuration.rules, namespaces: namespaces, time: time)
    }

    /// - Parameter now: seconds since 1970.
    package func report(_ subject: Subject, now: Int64) async throws(KubeError) -> DiagnosisReport {
        let mayReadNamespaces = try await readNamespaces(subject)
        var report = DiagnosisReport(pods: [], isDetailed: !subject.isMany)
        if case .job(let key) = subject { report.job = try await job(key) }
        let pods = try await pods(subject)
        try await learn(from: pods, subject)
        // Of those that hang the node and the Job are asked about: far from the server that takes long, one after another.
        let diagnoses = await withTaskGroup(of: Result<PodDiagnosis?, KubeError>.self) { group in
            var diagnoses: [Result<PodDiagnosis?, KubeError>] = []
            for (index, pod) in pods.enumerated() {
                if index >= Self.width, let next = await group.next() { diagnoses.append(next) }
                group.addTask {
                    do throws(KubeError) {
                        return .success(try await explain(pod, subject, now: now, mayReadNamespaces))
                    } catch { return .failure(error) }
                }
            }
            for await next in group { diagnoses.append(next) }
            return diagnoses
        }
        for diagnosis in diagnoses { if let diagnosis = try diagnosis.get() { report.pods.append(diagnosis) } }
        report.pods.sort { $0.pod < $1.pod }
        return report
    }

    /// Pods that are asked about at once.
    private static let width = 64

    private func explain(
        _ pod: Pod, _ subject: Subject, now: Int64, _ mayReadNamespaces: Bool
    ) async throws(KubeError) -> PodDiagnosis? {
        guard var diagnosis = try await diagnose(pod, subject, now: now) else { return nil }
        if !mayReadNamespaces, cluster.wouldCountKnown(pod) {
            diagnosis.findings.append(
                "the namespace's labels may not be read: with "
                    + "\(WellKnownNames.Label.terminateKnown)=enabled known sidecars would count")
        }
        if !subject.isMany { diagnosis.warnings = try await WarningEvents.lines(about: pod, api) }
        return diagnosis
    }

    /// - Returns: `nil` for one of many that is nothing to speak of.
    func diagnose(_ pod: Pod, _ subject: Subject, now: Int64) async throws(KubeError) -> PodDiagnosis? {
        var facts = cluster.facts(of: pod)
        let verdict = facts.verdict
        if subject.isMany {
            guard !facts.isOver(verdict) else { return nil }
            // What nobody has marked, or by a name that is misspelt, hangs all the same.
            guard
                !facts.sidecars.isEmpty || facts.missingPrimary != nil || !facts.findings.isEmpty
                    || facts.failingStart != nil || !Advice.hanging(facts, verdict).isEmpty
            else { return nil }
        }
        var surroundings = ReconcilerSettings(configuration, TerminatorOptions()) { now }.surroundings(at: now)
        if case .terminate = verdict {
            facts = try await cluster.onItsNode(facts)
            surroundings.isKruiseServed = await cluster.isKruiseServed()
            surroundings.budget = try await cluster.budget(of: facts)
        }
        lessons.consult(facts, &surroundings)
        return PodDiagnosis(facts, verdict, surroundings, lessons: { lessons.lesson(on: $0, of: facts) })
    }

    /// What sidecars make of SIGTERM is seen in other pods: of one pod or Job those beside it are looked at, too, where
    /// they may be. Of swaps, which the terminator learns from as well, the old run's image is not known here.
    private func learn(from pods: [Pod], _ subject: Subject) async throws(KubeError) {
        var others: [Pod] = []
        let isOpen = { (pod: Pod) in if case .terminate = cluster.facts(of: pod).verdict { true } else { false } }
        if !subject.isMany, pods.contains(where: isOpen) {
            do throws(KubeError) { others = try await api.list(.pods, namespace: subject.namespace) } catch {
                guard error.status?.code == 403 else { throw error }
            }
        }
        var unused = Surroundings(now: 0)
        for pod in pods + others where pod.metadata.annotations[WellKnownNames.Annotation.progress] != nil {
            lessons.consult(cluster.facts(of: pod), &unused)
        }
    }

    /// - Returns: whether their labels may be read.
    func readNamespaces(_ subject: Subject) async throws(KubeError) -> Bool {
        do throws(KubeError) {
            try await namespaces.read(api, only: subject.namespace)
            return true
        } catch {
            guard error.status?.code == 403 else { throw error }
            return false
        }
    }

    /// `nil` where it may not be read; its pods may.
    private func job(_ key: ObjectKey) async throws(KubeError) -> JobDiagnosis? {
        do throws(KubeError) { return JobDiagnosis(key, try await api.document(.get(.jobs, key))) } catch {
            guard error.status?.code == 403 else { throw error }
            return nil
        }
    }

    private func pods(_ subject: Subject) async throws(KubeError) -> [Pod] {
        if case .pod(let key) = subject {
            let answer = try await api.send(.get(.pods, key))
            do throws(WireError) { return [try Pod(.json, in: answer.body.span)] } catch {
                throw KubeError(attempted: "GET \(key)", reason: .malformed("\(error)"))
            }
        }
        return try await api.list(.pods, namespace: subject.namespace, labels: subject.scope.labelSelector)
    }
}

/// The cluster's own warnings about a pod: an image that cannot be pulled, a rung that led nowhere.
enum WarningEvents {
    /// The older of the two views of events: it can be selected from by uid since ever.
    private static let events = APIResource(group: "", version: "v1", plural: "events", kind: "Event")
    private static let limit = 8

    /// The latest, oldest first; none where they may not be read.
    static func lines(about pod: Pod, _ api: any KubeAPI) async throws(KubeError) -> [String] {
        try await items(about: pod, ",type=Warning", api).map { (time: time(of: $0), line: line($0)) }.sorted {
            $0 < $1
        }
        .suffix(limit).map(\.line)
    }

    static func items(about pod: Pod, _ more: String, _ api: any KubeAPI) async throws(KubeError) -> [YAMLNode] {
        var options = ListOptions()
        options.fieldSelector = "involvedObject.uid=\(pod.metadata.uid)\(more)"
        let answer: APIResponse
        do throws(KubeError) {
            answer = try await api.send(.list(events, namespace: pod.metadata.namespace, options))
        } catch {
            guard error.status?.code == 403 else { throw error }
            return []
        }
        return (try? YAMLNode(parsing: answer.body))?["items"]?.sequence ?? []
    }

    static func time(of event: YAMLNode) -> String {
        let places = [
            event["series"]?["lastObservedTime"], event["lastTimestamp"], event["eventTime"],
            event["metadata"]?["creationTimestamp"],
        ]
        return places.lazy.compactMap { $0?.text }.first { !$0.isEmpty && $0 != "null" } ?? ""
    }

    private static func line(_ event: YAMLNode) -> String {
        let count = (event["series"]?["count"] ?? event["count"])?.text.flatMap { Int($0) } ?? 1
        let words = (event["message"]?.text ?? "").split(whereSeparator: \.isNewline).joined(separator: " ")
        return "\(event["reason"]?.text ?? ""): \(words)" + (count > 1 ? " (\(count) times)" : "")
            + " at \(time(of: event))"
    }
}

extension Diagnosis {
    /// Which pods.
    package enum Subject: Sendable, Equatable {
        case all
        case namespace(String)
        case pod(ObjectKey)
        case job(ObjectKey)

        /// As on a command line: `pod/NAME`, `job NAME`, `namespace/NAME`, `all`, or nothing for `namespace` itself.
        ///
        /// - Returns: `nil` for what is none of these.
        package init?(words: [String], in namespace: String) {
            guard let first = words.first else {
                self = .namespace(namespace)
                return
            }
            if words == ["all"] {
                self = .all
                return
            }
            let parts =
                words.count == 1
                ? first.split(separator: "/", omittingEmptySubsequences: false).map(String.init) : words
            guard parts.count == 2, !parts[1].isEmpty, !parts[1].contains("/") else { return nil }
            let key = ObjectKey(namespace: namespace, name: parts[1])
            switch parts[0] {
            case "pod", "pods", "po": self = .pod(key)
            case "job", "jobs": self = .job(key)
            case "namespace", "namespaces", "ns": self = .namespace(parts[1])
            default: return nil
            }
        }

        /// Of many pods only those are shown that say something of sidecars and have not finished.
        package var isMany: Bool {
            switch self {
            case .all, .namespace: true
            case .pod, .job: false
            }
        }

        /// `nil`: all namespaces.
        var namespace: String? {
            switch self {
            case .all: nil
            case .namespace(let name): name
            case .pod(let key), .job(let key): key.namespace
            }
        }

        var scope: WatchScope {
            var scope = WatchScope(.pods, namespace: namespace, encoding: .protobuf)
            switch self {
            case .all, .namespace: break
            case .pod(let key): scope.fieldSelector = "metadata.name=\(key.name)"
            case .job(let key): scope.labelSelector = "\(WellKnownNames.Label.jobName)=\(key.name)"
            }
            return scope
        }
    }
}
