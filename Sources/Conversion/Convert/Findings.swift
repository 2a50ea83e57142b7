import Basics
import KubeModel
import PodRules
import YAMLTree

/// Findings in the order they were made.
struct Findings {
    private(set) var diagnostics: [Diagnostic] = []
    private var tellsNotes = true

    init(_ options: ConversionOptions) { tellsNotes = options.tellsNotes }

    init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

    /// Of a document of which nothing else is to be said.
    init(_ refusal: EditRefusal) { add(refusal.rule, at: refusal.mark, refusal.message) }

    private func tells(_ rule: Rule) -> Bool { tellsNotes || rule.severity != .note }

    mutating func add(_ rule: Rule, at node: SourceNode, _ message: @autoclosure () -> String) {
        if tells(rule) { add(rule, at: node.start, message()) }
    }

    /// What makes a container native, or ordinary again.
    mutating func add(_ rule: Rule, moving container: ManifestContainer, _ message: @autoclosure () -> String) {
        guard tells(rule) else { return }
        add(rule, at: container.node.start, message())
        diagnostics[diagnostics.count - 1].container = container.name
    }

    mutating func add(_ rule: Rule, at mark: YAMLMark, _ message: String) {
        diagnostics.append(Diagnostic(rule: rule, line: mark.line, message: message, offset: mark.offset))
    }

    /// - Parameter reason: why a finding may stand; `nil` where it may not.
    mutating func ignore(_ reason: (Diagnostic) -> String?) {
        for index in diagnostics.indices {
            guard let reason = reason(diagnostics[index]) else { continue }
            diagnostics[index].ignored = reason
            diagnostics[index].severity = .note
        }
    }

    /// Takes those away that were added since there were so many.
    mutating func remove(from count: Int) { diagnostics.removeSubrange(count...) }

    mutating func look(atKustomization root: SourceNode) {
        guard root["kind"]?.text == "Kustomization" else { return }
        for field in ["patches", "patchesStrategicMerge", "patchesJson6902", "replacements"] {
            guard let patches = root[field], patches.elements?.isEmpty == false else { continue }
            add(.patches, at: patches, "\(field) may name a container that has moved")
        }
    }

    /// What the move changes around the sidecars, and what in them does not fit.
    mutating func look(
        at pod: ManifestPod, sidecars: [ManifestContainer], mains: [ManifestContainer], _ order: StartOrder,
        _ options: ConversionOptions
    ) {
        for sidecar in sidecars {
            look(at: sidecar, options)
            if pod.spec["restartPolicy"]?.text == "Never" {
                add(.crash, at: sidecar.node, "a crash of \(sidecar.name) no longer fails the pod")
            }
        }
        for main in mains { look(atMain: main) }
        look(at: order, of: sidecars, in: pod)
        if let first = sidecars.first {
            if first.index == 0, pod.annotations?[WellKnownNames.Annotation.defaultContainer] == nil,
                let main = mains.first
            {
                add(.defaultContainer, at: first.node, "kubectl logs and exec now take \(main.name)")
            }
        }
        if let shared = pod.spec["shareProcessNamespace"], shared.isTrue {
            add(.sharedProcesses, at: shared, "see whether something else than ending the sidecar needs it")
        }
        look(atResourcesOf: pod, sidecars, order)
    }

    /// What nodes do wrong with such a pod; without a version, which ones it needs.
    mutating func look(
        atKubelets pod: KubeletBug.Circumstances, _ sidecar: ManifestContainer, _ options: ConversionOptions
    ) {
        guard let version = options.kubeVersion else {
            return add(
                .kubelets, at: sidecar.node,
                "native sidecars need Kubernetes \(KubeVersion.nativeSidecars): before, main never starts; what nodes did "
                    + "wrong with such a pod is mended in \(KubeletBug.mended(for: pod)); --kube-version says which you have"
            )
        }
        for bug in KubeletBug.met(by: pod, on: version) {
            add(.kubelets, at: sidecar.node, "on \(version) \(bug.words) (\(bug.source))")
        }
    }

    /// Sidecars that are somebody else's: in the manifest, or to come.
    mutating func look(
        atInjectedInto pod: ManifestPod, _ injected: [ManifestContainer], isChanged: Bool, _ options: ConversionOptions
    ) {
        for container in injected {
            guard let injector = container.known?.injector, !injector.isSwitched(by: pod) else { continue }
            add(.injected, at: container.node, "\(container.name) stays: it is injected; \(injector.advice)")
        }
        guard options.detectsKnown || isChanged, pod.isToEnd else { return }
        for injector in Injector.all where pod.awaits(injector) {
            guard let sign = injector.sign(of: pod) else { continue }
            add(
                .injected, at: sign,
                "\(injector.container) will be injected and keeps the pod from ending unless it is native; \(injector.advice)"
            )
        }
    }

    private mutating func look(at order: StartOrder, of sidecars: [ManifestContainer], in pod: ManifestPod) {
        if sidecars.count > 1 {
            var names: String {
                let first = order.groups.lazy.flatMap(\.members).prefix(StartOrder.most).map { sidecars[$0].name }
                return first.joined(separator: ", ") + (sidecars.count > StartOrder.most ? ", …" : "")
            }
            add(.serialStart, at: sidecars[1].node, "start one after another: \(names)")
        }
        guard pod.initContainers.contains(where: { !$0.isNativeSidecar }) else { return }
        for (index, sidecar) in sidecars.enumerated() {
            if let asker = order.askers[index] {
                add(.order, at: sidecar.node, "\(sidecar.name) starts before \(asker.name), which asks it")
            } else if let (asker, preparer) = order.conflicts[index] {
                add(
                    .askedTooEarly, at: sidecar.node,
                    "\(asker.name) asks \(sidecar.name), which cannot start before \(preparer.name) has ended")
            }
        }
        if let last = order.groups.last, last.position == pod.initContainers.count, let index = last.members.first {
            add(
                .order, at: sidecars[index].node,
                "\(sidecars[index].name) starts after the init containers that are there")
        }
    }

    private mutating func look(atResourcesOf pod: ManifestPod, _ sidecars: [ManifestContainer], _ order: StartOrder) {
        guard tells(.resources) else { return }
        typealias Share = PodResources.Share
        let inits = pod.initContainers.map { Share($0, runsOn: $0.isNativeSidecar) }
        let stayed = pod.containers(without: sidecars).map { Share($0, runsOn: true) }
        let natives = sidecars.map { Share($0, runsOn: true) }
        let before = PodResources(initContainers: inits, containers: stayed + natives)
        guard !before.requests.isEmpty else { return }
        var after = before
        // Beside containers that run on nothing asks for more at once than all of them do.
        if !inits.allSatisfy(\.runsOn) {
            var placed = inits
            for group in order.groups.reversed() {
                placed.insert(contentsOf: group.members.map { natives[$0] }, at: group.position)
            }
            after = PodResources(initContainers: placed, containers: stayed)
        }
        let words = before == after ? "\(after.words), as before" : "\(before.words) became \(after.words)"
        add(.resources, at: pod.spec, words)
    }

    private static let loops = [
        "while [ !", "while [[ !", "while ! test", "until [ -f", "until [ -e", "until test -f",
    ]

    private mutating func look(at sidecar: ManifestContainer, _ options: ConversionOptions) {
        if let hook = sidecar.node.at("lifecycle", "postStart") {
            add(.postStart, at: hook, "the postStart hook of \(sidecar.name) holds main back until it has finished")
        }
        let program = sidecar.words
        if !program.isEmpty { look(atProgram: program, of: sidecar) }
        let ports = sidecar.node["ports"]?.elements ?? []
        if let port = ports.first(where: { $0["name"] != nil }), options.kubeVersion.map({ $0 < .namedPorts }) ?? true {
            add(
                .namedPort, at: port,
                "the port \(port["name"]?.text ?? "") of \(sidecar.name) is not found by name before 1.32")
        }
    }

    private mutating func look(atProgram program: [String], of sidecar: ManifestContainer) {
        let command = program.joined(separator: " ")
        let life = ProgramLife(program)
        // What waits and then becomes another program goes on as that.
        let sign = life == .endless ? nil : Self.loops.first { command.mentions("\($0) ") }
        if let sign, command.split(separator: sign).dropFirst().allSatisfy({ !String($0).mentions("exec ") }) {
            add(
                .exitsByItself, at: sidecar.node,
                "\(sidecar.name) seems to end by itself (\(sign)) and would be restarted")
        } else if let kill = ChildKill.command(in: program) {
            add(
                .exitsByItself, at: sidecar.node,
                "the script of \(sidecar.name) ends what it has started (\(kill)), and with that itself, and would be "
                    + "restarted; leave that to the kubelet")
        } else if life == .ends {
            add(
                .exitsByItself, at: sidecar.node,
                "\(sidecar.name) seems to do one thing and end, and would be restarted; is it an init container?")
        }
        let words = command.split(separator: " ").map(String.init)
        if let shell = words.first,
            shell.split(separator: "/").last.map({ ["sh", "bash", "ash"].contains($0) }) ?? false,
            words.dropFirst().first?.hasPrefix("-") == true, !command.mentions("exec "), !command.mentions("trap ")
        {
            add(.shell, at: sidecar.node, "the shell of \(sidecar.name) does not pass SIGTERM on; use exec")
        }
    }

    private static let hacks = [
        "quitquitquit", "pkill", "killall", "scuttle", "linkerd-await", "kubexit", "localhost:4191/shutdown",
    ]

    private mutating func look(atMain main: ManifestContainer) {
        let command = main.commandLine
        let hook = (main.node.at("lifecycle", "preStop", "exec", "command")?.elements ?? []).compactMap(\.text)
            .joined(separator: " ")
        let image = main.image ?? ""
        if let sign = Self.hacks.first(where: { command.mentions($0) || hook.mentions($0) || image.mentions($0) }) {
            add(.mainHack, at: main.node, "\(main.name) ends its sidecar by hand (\(sign)); remove that")
        } else if main.environment("ISTIO_QUIT_API") != nil {
            add(.mainHack, at: main.node, "\(main.name) ends its sidecar by hand (ISTIO_QUIT_API); remove that")
        }
    }
}
