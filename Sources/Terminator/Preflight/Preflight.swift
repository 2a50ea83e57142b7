package import Basics
internal import HTTPTransport
package import KubeClient
internal import KubeModel
package import OperatorConfiguration
internal import YAMLTree

/// Asks a cluster what the terminator could do there, and changes nothing, but for a pod of its own where that is wanted.
package struct Preflight: Sendable {
    /// Where and as whom the terminator runs, or is to.
    package struct Plan: Sendable {
        /// Its own namespace.
        package var home: String
        /// The only namespace it is to watch; `nil`: all.
        package var scope: String?
        /// What it has to be allowed.
        package var needs: [AccessNeed]
        /// Name of its Lease.
        package var lease: String
        /// Labels of its pods and of the node agents'.
        package var terminatorLabels: String
        package var agentLabels: String
        /// Where the exit image is to be tried with a pod; `nil`: it is not.
        package var trial: String?

        package init(
            home: String, scope: String?, needs: [AccessNeed], lease: String, terminatorLabels: String,
            agentLabels: String, trial: String? = nil
        ) {
            self.home = home
            self.scope = scope
            self.needs = needs
            self.lease = lease
            self.terminatorLabels = terminatorLabels
            self.agentLabels = agentLabels
            self.trial = trial
        }
    }

    private let api: any KubeAPI
    private let configuration: TerminatorConfiguration
    private let plan: Plan
    private let discovery: Discovery
    private let time: Timepiece
    /// Kruise's own controller, by its Helm chart.
    private static let kruiseManager = ObjectKey(namespace: "kruise-system", name: "kruise-controller-manager")

    package init(
        _ api: any KubeAPI, _ configuration: TerminatorConfiguration, _ plan: Plan, time: Timepiece = .system
    ) {
        self.time = time
        self.api = api
        self.configuration = configuration
        self.plan = plan
        discovery = Discovery(api)
    }

    /// Never fails: what cannot be found out is a finding, too.
    ///
    /// - Parameter now: seconds since 1970.
    package func checks(now: Int64) async -> [PreflightCheck] {
        var facts = PreflightFacts(now: now)
        facts.exitImage = configuration.exitImage
        facts.isNodeAgentConfigured = configuration.nodeAgent
        facts.quitsByProxy = configuration.quitVia == .proxy
        await facts.learn(.version, \.version) { () async throws(KubeError) in try await discovery.version() }
        // Without an answer so far the others would only take longer to fail in the same way.
        guard facts.version != nil else { return facts.checks.filter { $0.outcome == .fail } }
        await learnAccess(&facts)
        await learnKruise(&facts)
        await facts.learn(.nodes, \.nodes) { () async throws(KubeError) in try await nodes() }
        await facts.learn(.agents, \.agents) { () async throws(KubeError) in
            Set(try await readyPods(plan.agentLabels).map(\.spec.nodeName))
        }
        await facts.learn(.terminators, \.terminators) { () async throws(KubeError) in
            try await readyPods(plan.terminatorLabels).count
        }
        facts.lease = try? await lease()
        if let namespace = plan.trial, let image = configuration.exitImage {
            await facts.learn(.trial, \.trial) { () async throws(KubeError) in
                try await ExitImageTrial(api: api, image: image, namespace: namespace, time: time).result()
            }
        }
        await facts.learn(.pods, \.pods) { () async throws(KubeError) in
            try await Diagnosis(api, configuration).report(plan.scope.map { .namespace($0) } ?? .all, now: now).pods
        }
        return facts.checks
    }

    private func learnAccess(_ facts: inout PreflightFacts) async {
        facts.needs = plan.needs.count
        do throws(KubeError) {
            for need in plan.needs where try await !isAllowed(need) { facts.refused.append(need) }
        } catch {
            facts.unknown[.access] = error.description
        }
    }

    private func isAllowed(_ need: AccessNeed) async throws(KubeError) -> Bool {
        let attributes: JSONValue = .object(present: [
            "verb": .string(need.verb), "group": .string(need.group), "resource": .string(need.resource),
            "subresource": need.subresource.isEmpty ? nil : .string(need.subresource),
            "namespace": need.namespace.map { .string($0) }, "name": need.name.map { .string($0) },
        ])
        let review: JSONValue = [
            "apiVersion": .string(Self.reviews.apiVersion), "kind": .string(Self.reviews.kind),
            "spec": ["resourceAttributes": attributes],
        ]
        let answer = try await api.send(.create(Self.reviews, body: Array(review.text.utf8)))
        return (try? YAMLNode(parsing: answer.body))?["status"]?["allowed"]?.text == "true"
    }

    private static let reviews = APIResource(
        group: "authorization.k8s.io", version: "v1", plural: "selfsubjectaccessreviews",
        kind: "SelfSubjectAccessReview", isNamespaced: false)

    private func learnKruise(_ facts: inout PreflightFacts) async {
        await facts.learn(.kruise, \.isKruiseServed) { () async throws(KubeError) in
            try await discovery.serves(.containerRecreateRequests)
        }
        guard facts.isKruiseServed == true else { return }
        let deployments = APIResource(group: "apps", version: "v1", plural: "deployments", kind: "Deployment")
        guard let manager = try? await api.document(.get(deployments, Self.kruiseManager)) else { return }
        let containers = manager["spec"]?["template"]?["spec"]?["containers"]?.sequence ?? []
        facts.doesKruiseTerminate = containers.contains { container in
            (container["args"]?.sequence ?? []).contains {
                $0.text?.contains("SidecarTerminator=true") ?? false || $0.text?.contains("AllAlpha=true") ?? false
            }
        }
    }

    private func nodes() async throws(KubeError) -> [PreflightFacts.Node] {
        var nodes: [PreflightFacts.Node] = []
        var options = ListOptions()
        options.limit = 200
        try await api.pages(of: .nodes, options) { (answer, isFirst) throws(WireError) in
            guard let list = try? YAMLNode(parsing: answer.body) else {
                throw WireError("the answer cannot be read", at: 0)
            }
            if isFirst { nodes = [] }
            nodes += (list["items"]?.sequence ?? []).map(PreflightFacts.Node.init)
            return list["metadata"]?["continue"]?.text ?? ""
        }
        return nodes
    }

    private func readyPods(_ labels: String) async throws(KubeError) -> [Pod] {
        let pods: [Pod] = try await api.list(.pods, labels: labels)
        return pods.filter { pod in pod.status.conditions.contains { $0.type == "Ready" && $0.status == "True" } }
    }

    private func lease() async throws(KubeError) -> PreflightFacts.Lease? {
        let key = ObjectKey(namespace: plan.home, name: plan.lease)
        let spec = try await api.document(.get(.leases, key))["spec"]
        guard let holder = spec?["holderIdentity"]?.text, let time = spec?["renewTime"]?.text,
            let renewed = CivilTime(internet: time)?.secondsSince1970
        else { return nil }
        let duration = spec?["leaseDurationSeconds"]?.text.flatMap { Int64($0) } ?? 0
        return PreflightFacts.Lease(holder: holder, renewed: renewed, duration: duration)
    }
}

extension PreflightFacts {
    /// Asks, and remembers why where there is no answer.
    fileprivate mutating func learn<Value>(
        _ question: Question, _ place: WritableKeyPath<PreflightFacts, Value?>,
        _ ask: () async throws(KubeError) -> Value
    ) async {
        do throws(KubeError) { self[keyPath: place] = try await ask() } catch { unknown[question] = error.description }
    }
}

extension PreflightFacts.Node {
    fileprivate init(_ node: YAMLNode) {
        name = node["metadata"]?["name"]?.text ?? ""
        isVirtual = VirtualNode.isOne(node)
        kubelet = node["status"]?["nodeInfo"]?["kubeletVersion"]?.text ?? ""
        runtime = node["status"]?["nodeInfo"]?["containerRuntimeVersion"]?.text ?? ""
        images = Set(
            (node["status"]?["images"]?.sequence ?? []).flatMap { ($0["names"]?.sequence ?? []).compactMap(\.text) })
    }
}

/// One verb that the terminator has to be allowed, as a SelfSubjectAccessReview asks about it.
package struct AccessNeed: Sendable, Hashable {
    package var verb: String
    package var group: String
    /// `pods`
    package var resource: String
    /// `status`; empty for the object itself.
    package var subresource: String
    /// The only object; `nil`: any.
    package var name: String?
    /// Where; `nil`: in all namespaces.
    package var namespace: String?
    /// What it is needed for, in words.
    package var purpose: String
    /// Without it nothing works; else some rungs or some convenience are missing.
    package var isEssential: Bool

    /// - Parameter resource: with its subresource: `pods/status`.
    package init(
        _ verb: String, _ group: String, _ resource: String, named name: String? = nil, in namespace: String?,
        for purpose: String, isEssential: Bool
    ) {
        let parts = resource.split(separator: "/", maxSplits: 1).map(String.init)
        self.verb = verb
        self.group = group
        self.resource = parts.first ?? ""
        subresource = parts.count == 2 ? parts[1] : ""
        self.name = name
        self.namespace = namespace
        self.purpose = purpose
        self.isEssential = isEssential
    }

    /// `patch pods/status`
    var words: String {
        let path = subresource.isEmpty ? resource : "\(resource)/\(subresource)"
        return "\(verb) \(path)\(group.isEmpty ? "" : ".\(group)")"
    }
}

/// One line of a look at a cluster before the terminator is let loose on it.
package struct PreflightCheck: Sendable, Equatable {
    package enum Outcome: String, Sendable, Comparable, CaseIterable {
        case pass
        /// It works, with something missing.
        case warn
        /// It would not work.
        case fail

        package static func < (one: Outcome, other: Outcome) -> Bool {
            allCases.firstIndex(of: one) ?? 0 < allCases.firstIndex(of: other) ?? 0
        }
    }

    package var outcome: Outcome
    /// What is looked at, in a word or two.
    package var subject: String
    /// What was found.
    package var finding: String
    /// What to do about it; empty where nothing is to be done.
    package var advice: String

    package init(_ outcome: Outcome, _ subject: String, _ finding: String, advice: String = "") {
        self.outcome = outcome
        self.subject = subject
        self.finding = finding
        self.advice = advice
    }

    /// A line for each, what to do below it, and what it comes to.
    package static func text(_ checks: [PreflightCheck]) -> String {
        let width = checks.map(\.subject.count).max() ?? 0
        let lines = checks.map { check in
            let padding = String(repeating: " ", count: width - check.subject.count)
            let head = "\(check.outcome.rawValue)   \(check.subject)\(padding)   \(check.finding.printable())\n"
            return check.advice.isEmpty
                ? head : "\(head)       \(String(repeating: " ", count: width))   → \(check.advice.printable())\n"
        }
        let counts = Outcome.allCases.map { outcome in
            "\(checks.count { $0.outcome == outcome }) \(outcome.rawValue)"
        }
        return lines.joined() + "\n\(counts.joined(separator: ", "))\n"
    }

    package static func document(_ checks: [PreflightCheck]) -> JSONValue {
        .array(
            checks.map { check in
                [
                    "check": .string(check.subject), "result": .string(check.outcome.rawValue),
                    "finding": .string(check.finding), "advice": .string(check.advice),
                ]
            })
    }
}
