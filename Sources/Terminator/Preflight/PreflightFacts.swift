internal import KubeClient
internal import PodRules

/// What was found out about a cluster: all that the checks go by. `nil` where it could not be found out.
struct PreflightFacts: Sendable, Equatable {
    var version: ServerVersion?
    /// Verbs that are refused.
    var refused: [AccessNeed] = []
    var needs = 0
    var isKruiseServed: Bool?
    /// Whether Kruise ends sidecars itself (its feature gate `SidecarTerminator`).
    var doesKruiseTerminate: Bool?
    var exitImage: String?
    /// What became of it in a pod of our own; `nil`: it was not tried.
    var trial: ExitImageTrial.Result?
    var isNodeAgentConfigured = false
    var quitsByProxy = false
    var nodes: [Node]?
    /// Nodes on which a node agent is ready.
    var agents: Set<String>?
    /// Terminators that are ready.
    var terminators: Int?
    var lease: Lease?
    /// Open pods that say something of sidecars.
    var pods: [PodDiagnosis]?
    /// Why things could not be found out, by what.
    var unknown: [Question: String] = [:]
    /// Seconds since 1970.
    var now: Int64

    init(now: Int64) {
        self.now = now
    }

    enum Question: Sendable {
        case version, access, kruise, nodes, agents, terminators, pods, trial
    }

    struct Node: Sendable, Equatable {
        var name: String
        var isVirtual = false
        var kubelet = ""
        var runtime = ""
        /// Names of images that are there.
        var images: Set<String> = []
    }

    struct Lease: Sendable, Equatable {
        var holder: String
        /// Seconds since 1970.
        var renewed: Int64
        var duration: Int64
    }
}

extension PreflightFacts {
    /// What it all means, worst things not first but in the order in which a person would look.
    var checks: [PreflightCheck] {
        [server, nativeSidecars] + kubelets + access
            + [exitImageCheck, kruise, nodeAgents, quitEndpoints, virtualNodes, installed] + stuck
    }

    private func unsaid(_ subject: String, _ question: Question) -> PreflightCheck {
        PreflightCheck(.warn, subject, "could not be found out: \(unknown[question] ?? "no answer")")
    }

    private var server: PreflightCheck {
        guard let version else { return PreflightCheck(.fail, "API server", unknown[.version] ?? "no answer") }
        let kubelets = Set((nodes ?? []).filter { !$0.isVirtual }.map(\.kubelet)).sorted().joined(separator: ", ")
        let runtimes = Set((nodes ?? []).filter { !$0.isVirtual }.map(\.runtime)).sorted().joined(separator: ", ")
        let machines = kubelets.isEmpty ? "" : "; kubelets \(kubelets), \(runtimes)"
        guard version >= ServerVersion(1, 27) else {
            return PreflightCheck(
                .warn, "API server", "\(version)\(machines): older than anything this was tried on",
                advice: "try it on one namespace first (--namespace)")
        }
        return PreflightCheck(.pass, "API server", "\(version)\(machines)")
    }

    private var nativeSidecars: PreflightCheck {
        let subject = "native sidecars"
        guard let version else { return unsaid(subject, .version) }
        if version >= ServerVersion(1, 29) {
            return PreflightCheck(.pass, subject, "served: `render convert` makes the terminator unnecessary")
        }
        let isAlpha = version >= ServerVersion(1, 28)
        return PreflightCheck(
            .warn, subject, isAlpha ? "only with the feature gate SidecarContainers" : "not before Kubernetes 1.29",
            advice: "until then the terminator is the way")
    }

    /// What the nodes' releases do wrong with native sidecars, a line a release.
    private var kubelets: [PreflightCheck] {
        var nodes: [KubeVersion: [String]] = [:]
        for node in self.nodes ?? [] where !node.isVirtual {
            if let version = KubeVersion(node.kubelet) { nodes[version, default: []].append(node.name) }
        }
        return nodes.sorted { $0.key < $1.key }.compactMap { version, names in
            let bugs = KubeletBug.all.filter { $0.affects(version) }
            guard !bugs.isEmpty else { return nil }
            return PreflightCheck(
                .warn, "kubelets",
                "\(version) on \(Self.some(names.sorted())): "
                    + bugs.map { "\($0.words) (\($0.source))" }.joined(separator: "; "),
                advice: "give such nodes the next patch release before their pods get native sidecars")
        }
    }

    private var access: [PreflightCheck] {
        guard unknown[.access] == nil else { return [PreflightCheck(.fail, "permissions", unknown[.access] ?? "")] }
        guard !refused.isEmpty else { return [PreflightCheck(.pass, "permissions", "all \(needs) verbs are allowed")] }
        var purposes: [String] = []
        for need in refused where !purposes.contains(need.purpose) { purposes.append(need.purpose) }
        return purposes.map { purpose in
            let needs = refused.filter { $0.purpose == purpose }
            let isEssential = needs.contains(where: \.isEssential)
            let place = needs.first?.namespace.map { " in namespace \($0)" } ?? ""
            return PreflightCheck(
                isEssential ? .fail : .warn, "permissions",
                "not allowed\(place): \(needs.map(\.words).joined(separator: ", ")) (for \(purpose))",
                advice: "`render install` writes the roles; "
                    + "--as system:serviceaccount:NAMESPACE:kpipe-terminator checks the terminator's own account")
        }
    }

    private var exitImageCheck: PreflightCheck {
        let subject = "exit image"
        guard let exitImage else {
            return PreflightCheck(
                .warn, subject,
                "none is configured: the rung image is skipped, and with it the best way to `Succeeded`",
                advice: "build it with scripts/build-images, push it, and give --exit-image or exitImage")
        }
        let failing = (pods ?? []).filter { pod in pod.rows.contains { $0.holdsOpen && $0.lacksExitImage } }
        guard failing.isEmpty else {
            return PreflightCheck(
                .fail, subject, "\(exitImage) cannot be pulled for \(Self.some(failing.map { "\($0.pod)" }))",
                advice: "look at the pod's Events; the nodes need access to its registry")
        }
        switch trial {
        case .runs(hasShell: true)?: return PreflightCheck(.pass, subject, "\(exitImage) runs, as sh as well")
        case .runs(hasShell: false)?:
            return PreflightCheck(
                .warn, subject, "\(exitImage) runs, but not as sh: sidecars with such a command are not swapped",
                advice: "scripts/build-images makes one that answers to the usual names")
        case .fails(let reason)?:
            return PreflightCheck(
                .fail, subject, "\(exitImage) \(reason)",
                advice: "look at the pod's Events; the nodes need access to its registry, and their architecture in it")
        case nil: break
        }
        if let reason = unknown[.trial] {
            return PreflightCheck(
                .warn, subject, "\(exitImage): could not be tried: \(reason)",
                advice: "whoever asks needs create, get and delete of pods in that namespace")
        }
        guard let nodes else { return unsaid(subject, .nodes) }
        let machines = nodes.filter { !$0.isVirtual }
        let having = machines.count { $0.images.contains { Self.isSame($0, exitImage) } }
        return PreflightCheck(
            .warn, subject, "\(exitImage): not tried; \(having) of \(machines.count) nodes have it already",
            advice: "--rehearse tries it with a pod of its own, in the namespace of -n, and removes that")
    }

    /// Nodes name images in full: `docker.io/library/exit0:latest`.
    private static func isSame(_ full: String, _ image: String) -> Bool {
        full == image || full.hasSuffix("/\(image)")
    }

    private var kruise: PreflightCheck {
        let subject = "OpenKruise"
        guard let isKruiseServed else { return unsaid(subject, .kruise) }
        guard isKruiseServed else { return PreflightCheck(.pass, subject, "not installed: the rung crr is skipped") }
        switch doesKruiseTerminate {
        case true?:
            return PreflightCheck(
                .warn, subject, "its own SidecarTerminator is switched on: both would end the same pods",
                advice: "take SidecarTerminator out of the --feature-gates of kruise-controller-manager")
        case false?:
            return PreflightCheck(.pass, subject, "served: the rung crr can be used; its SidecarTerminator is off")
        case nil:
            return PreflightCheck(
                .warn, subject,
                "served: the rung crr can be used; whether its own SidecarTerminator is on is not known",
                advice: "look at the --feature-gates of kruise-controller-manager: one of the two is enough")
        }
    }

    private var nodeAgents: PreflightCheck {
        let subject = "node agents"
        guard let nodes, let agents else { return unsaid(subject, nodes == nil ? .nodes : .agents) }
        let machines = nodes.filter { !$0.isVirtual }.map(\.name)
        let missing = machines.filter { !agents.contains($0) }
        switch (isNodeAgentConfigured, agents.isEmpty, missing.isEmpty) {
        case (false, true, _): return PreflightCheck(.pass, subject, "not installed: the rung node is skipped")
        case (false, false, _):
            return PreflightCheck(
                .warn, subject,
                "ready on \(agents.count) of \(machines.count) nodes, but the configuration does not say so",
                advice: "give the terminator's --config, in which nodeAgent: true stands")
        case (true, true, _):
            return PreflightCheck(
                .fail, subject, "nodeAgent: true, but none is ready anywhere: each such rung costs its patience",
                advice: "install them (render install --node-agent), or take nodeAgent: true out")
        case (true, false, false):
            return PreflightCheck(
                .warn, subject, "not ready on \(Self.some(missing)) (\(missing.count) of \(machines.count) nodes)",
                advice: "look at the pods of the DaemonSet kpipe-node-agent")
        case (true, false, true): return PreflightCheck(.pass, subject, "ready on all \(machines.count) nodes")
        }
    }

    private var quitEndpoints: PreflightCheck {
        let subject = "quit endpoints"
        return quitsByProxy
            ? PreflightCheck(
                .warn, subject,
                "asked through the API server's proxy: those that answer on localhost alone are not reached",
                advice: "Istio, Linkerd and the Cloud SQL proxy need quitVia: portForward, the default")
            : PreflightCheck(.pass, subject, "asked through port-forward, as callers on localhost")
    }

    private var virtualNodes: PreflightCheck {
        let subject = "virtual nodes"
        guard let nodes else { return unsaid(subject, .nodes) }
        let virtual = nodes.filter(\.isVirtual).map(\.name)
        guard !virtual.isEmpty else { return PreflightCheck(.pass, subject, "none of \(nodes.count) nodes") }
        return PreflightCheck(
            .warn, subject, "\(Self.some(virtual)): only the rungs http, image and hold exist there",
            advice:
                "containers there can bring an image of their own (KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT_WITH_IMAGE)")
    }

    private var installed: PreflightCheck {
        let subject = "terminator"
        let advice = "kpipe-sidecar render install --image … --exit-image … | kubectl apply -f -"
        if let lease, !lease.holder.isEmpty {
            let age = max(0, now - lease.renewed)
            if age <= lease.duration {
                let replicas = terminators.map { "; \($0) ready" } ?? ""
                return PreflightCheck(.pass, subject, "\(lease.holder) leads, renewed \(age) s ago\(replicas)")
            }
            return PreflightCheck(
                .warn, subject, "nobody leads: \(lease.holder) did until \(age) s ago", advice: "look at its pods' logs"
            )
        }
        guard let terminators else { return unsaid(subject, .terminators) }
        return terminators > 0
            ? PreflightCheck(.pass, subject, "\(terminators) ready, without leader election")
            : PreflightCheck(.warn, subject, "none is at work here", advice: advice)
    }

    private var stuck: [PreflightCheck] {
        let subject = "stuck pods"
        guard let shown = pods else { return [unsaid(subject, .pods)] }
        let pods = shown.filter { $0.rows.contains { $0.role == "sidecar" } }
        let open = pods.filter(\.isHeldOpen)
        guard !open.isEmpty else {
            return [PreflightCheck(.pass, subject, "none of \(pods.count) marked pods is held open by a sidecar")]
        }
        let lost = open.filter { pod in pod.rows.contains { $0.step == .exhausted } }
        var checks = [
            PreflightCheck(
                .warn, subject, "\(open.count) of \(pods.count) marked pods: \(Self.some(open.map { "\($0.pod)" }))",
                advice: "kpipe-sidecar diagnose -A shows what would be done about each")
        ]
        if !lost.isEmpty {
            checks.append(
                PreflightCheck(
                    .fail, "no way out", "nothing is left to try for \(Self.some(lost.map { "\($0.pod)" }))",
                    advice: "kpipe-sidecar diagnose pod/NAME says what is in the way of each rung"))
        }
        return checks
    }

    private static func some(_ names: [String]) -> String {
        names.count <= 5
            ? names.joined(separator: ", ")
            : "\(names.prefix(5).joined(separator: ", ")) and \(names.count - 5) more"
    }
}
