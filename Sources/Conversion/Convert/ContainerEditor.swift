import KubeModel
import PodRules
import YAMLTree

/// Changes inside one container that moves.
struct ContainerEditor {
    private let container: ManifestContainer
    private let text: SourceText
    private var editor: TreeEditor
    /// Whether the container, when it is native, holds back what follows it until it serves.
    private(set) var hasStartupProbe = false
    private var keepsPreStop = false
    /// Fields that go, at the end and all at once.
    private var dropped: Set<String> = []

    var edits: TextEdits { editor.edits }
    private var node: SourceNode { container.node }

    init(_ container: ManifestContainer, _ text: SourceText) {
        self.container = container
        self.text = text
        editor = TreeEditor(text)
    }

    mutating func makeNative(
        mains: Neighbours, among all: Neighbours, _ version: KubeVersion?, _ findings: inout Findings
    ) throws(EditRefusal) {
        if let policy = node["resizePolicy"], let version, version < .sidecarResize {
            throw EditRefusal(
                .notForInit, at: policy, "the resizePolicy of \(container.name) may be refused on \(version)")
        }
        findings.add(.converted, moving: container, "\(container.name) becomes a native sidecar")
        if let policy = node["restartPolicy"] {
            guard policy.text == "Always" else {
                throw EditRefusal(.ownPolicy, at: policy, "\(container.name) has a restartPolicy of its own")
            }
        } else {
            try add("restartPolicy", isJSON ? "\"Always\"" : "Always")
        }
        try refusePostStart(mains)
        try addStartupProbe(mains, &findings)
        try dropSpent(all, &findings)
    }

    /// One that is native already may keep main from starting, too.
    func refuseWaiting(_ mains: Neighbours, _ findings: inout Findings) throws(EditRefusal) {
        try refusePostStart(mains)
        if node["startupProbe"] != nil { _ = try gate(mains, only: ["startupProbe"], &findings) }
    }

    /// What a native sidecar has no use for: hooks that quit, markers for a terminator.
    mutating func dropSpent(_ all: Neighbours, _ findings: inout Findings) throws(EditRefusal) {
        try dropPreStop(all, &findings)
        let variables = node["env"]?.elements ?? []
        let markers = variables.indices.filter {
            variables[$0]["name"]?.text.map(SpentMarkers.variables.contains) ?? false
        }
        if !markers.isEmpty {
            try removeElements(markers, of: "env")
            findings.add(.markers, at: node, "markers for a terminator were removed from \(container.name)")
        }
        try editor.removePairs(dropped, from: node)
    }

    mutating func makeOrdinary(marked: Bool) throws(EditRefusal) {
        try editor.removePairs(["restartPolicy"], from: node, keepsComments: true)
        guard marked, container.marks.variable == nil else { return }
        let quote = isJSON ? "\"" : ""
        let flow =
            "{\(quote)name\(quote): \(quote)\(WellKnownNames.Variable.terminate)\(quote), \(quote)value\(quote): \"true\"}"
        guard let env = node.ownPair("env")?.value, let first = env.elements?.first else {
            guard node["env"] == nil else {
                throw EditRefusal(.layout, at: node, "an env without variables stands in the way; remove it")
            }
            return try add("env", "[\(flow)]", ["- name: \(WellKnownNames.Variable.terminate)", "  value: \"true\""])
        }
        guard !env.isAlias, !env.isShared else {
            throw EditRefusal(.anchor, at: env, "env is shared with another place; write it out")
        }
        if env.isFlow {
            let gap = editor.flowGap(env, (env.elements ?? []).map { $0.offset..<$0.end })
            editor.replace(
                first.offset..<first.offset, by: Array(flow.utf8) + [UInt8(ascii: ",")] + gap)
            return
        }
        let margin = String(repeating: " ", count: try editor.dashColumn(env))
        let lineBreak = String(decoding: text.lineBreak(at: env.offset), as: UTF8.self)
        editor.insertLines(
            ["- name: \(WellKnownNames.Variable.terminate)", "  value: \"true\""].map { margin + $0 + lineBreak }
                .joined().utf8,
            at: try editor.blockElement(0, of: env).lowerBound)
    }

    /// A terminator leaves it alone for a while after main's end; as a native sidecar a hook that sleeps does so.
    ///
    /// - Returns: whether it was added.
    mutating func linger(
        _ seconds: Int, _ version: KubeVersion?, _ findings: inout Findings
    ) throws(EditRefusal) -> Bool {
        guard seconds > 0 else { return false }
        let what = "\(container.name) is to linger for \(seconds) s"
        guard !keepsPreStop else {
            findings.add(.lingerLost, at: node, "\(what), but has a preStop hook of its own; let that wait")
            return false
        }
        guard let version, version >= .sleepAction else {
            findings.add(
                .lingerLost, at: node,
                "\(what), which takes a hook that sleeps, of Kubernetes \(KubeVersion.sleepAction); "
                    + "--kube-version says that you have it")
            return false
        }
        let q = isJSON ? "\"" : ""
        let flow = "{\(q)sleep\(q): {\(q)seconds\(q): \(seconds)}}"
        let lines = ["sleep:", "  seconds: \(seconds)"]
        if !dropped.contains("lifecycle"), let lifecycle = node.ownPair("lifecycle")?.value,
            let first = lifecycle.firstPair?.key
        {
            guard !lifecycle.isAlias, !lifecycle.isShared else {
                throw EditRefusal(.anchor, at: lifecycle, "lifecycle is shared with another place; write it out")
            }
            try editor.addPair(
                "preStop", flow, blockLines: lines.map { "  " + $0 }, to: lifecycle, after: first.scalar?.text ?? "")
        } else {
            try add("lifecycle", "{\(q)preStop\(q): \(flow)}", ["  preStop:"] + lines.map { "    " + $0 })
        }
        findings.add(.lingers, at: node, "\(what): its preStop hook sleeps as long")
        return true
    }

    // MARK: Parts

    private var isJSON: Bool { node.firstPair.map { editor.isQuoted($0.key) && node.isFlow } ?? false }

    /// Behind the image, where a reader looks for it.
    private mutating func add(
        _ name: String, _ value: String, _ blockLines: [String] = []
    ) throws(EditRefusal) {
        let anchor = node.ownPair("image").map { _ in "image" } ?? "name"
        try editor.addPair(name, value, blockLines: blockLines, to: node, after: anchor)
    }

    private mutating func removeElements(_ indices: [Int], of field: String) throws(EditRefusal) {
        guard let list = node.ownPair(field)?.value, !list.isAlias, !list.isShared else {
            throw EditRefusal(.anchor, at: node, "\(field) is shared with another place; write it out")
        }
        if indices.count == list.elements?.count {
            dropped.insert(field)
        } else {
            try editor.removeElements(indices, of: list)
        }
    }

    /// Main starts only when the hook has finished.
    private func refusePostStart(_ mains: Neighbours) throws(EditRefusal) {
        guard let hook = node.at("lifecycle", "postStart") else { return }
        let what = "the postStart hook of \(container.name)"
        switch ProbeTarget.need(hook, of: container, mains: mains) {
        case .itself: break
        case .perhapsMain:
            let command = (hook.at("exec", "command")?.elements ?? []).compactMap(\.text)
            guard LocalWords.wait(command) else { break }
            throw EditRefusal(.waitsForMain, at: hook, "\(what) waits for a file that only others write")
        case .port(let port): throw EditRefusal(.waitsForMain, at: hook, "\(what) asks port \(port) of main")
        case .main: throw EditRefusal(.waitsForMain, at: hook, "\(what) holds only once main answers")
        }
    }

    /// What may hold main back: nothing that may be true only once main runs.
    private func gate(
        _ mains: Neighbours, only probes: [String] = ["startupProbe", "readinessProbe", "livenessProbe"],
        _ findings: inout Findings
    ) throws(EditRefusal) -> ProbeHandler? {
        if let port = container.awaited(of: mains) {
            let place = node["command"] ?? node["args"] ?? node
            let what = "the program of \(container.name) waits for port \(port) of main"
            guard node["startupProbe"] == nil else { throw EditRefusal(.waitsForMain, at: place, what) }
            findings.add(.asksMain, at: place, what)
            return nil
        }
        var readiness = node["readinessProbe"]
        var path: String?
        for name in probes {
            guard let probe = node[name] else { continue }
            let what = "the \(name) of \(container.name)"
            let isReadiness = name == "readinessProbe"
            switch ProbeTarget.need(probe, of: container, mains: mains) {
            case .itself: break
            case .port(let port):
                guard name != "startupProbe" else {
                    throw EditRefusal(.waitsForMain, at: probe, "\(what) asks port \(port) of main")
                }
                findings.add(.asksMain, at: probe, "\(what) asks port \(port) of main")
                if isReadiness { readiness = nil }
            case .main(let instead):
                guard name != "startupProbe" else {
                    throw EditRefusal(.waitsForMain, at: probe, "\(what) holds only once main answers; ask \(instead)")
                }
                if isReadiness {
                    path = instead
                } else {
                    findings.add(.asksMain, at: probe, "\(what) holds only once main answers")
                }
            case .perhapsMain where name == "livenessProbe": break
            case .perhapsMain:
                findings.add(.gateNeedsMain, at: probe, "\(what) may be passed on to main")
                if isReadiness { readiness = nil }
            }
        }
        let probe = ProbeHandler.derived(for: container, readiness, path: path, beside: mains, text)
        guard probe != nil || node["startupProbe"] != nil, let folder = container.awaitedFile(of: mains) else {
            return probe
        }
        let place = node["command"] ?? node["args"] ?? node
        let what = "the program of \(container.name) waits for a file in \(folder), which main writes to"
        guard node["startupProbe"] == nil else { throw EditRefusal(.waitsForMain, at: place, what) }
        findings.add(.asksMain, at: place, what)
        return nil
    }

    private mutating func addStartupProbe(_ mains: Neighbours, _ findings: inout Findings) throws(EditRefusal) {
        let derived = try gate(mains, &findings)
        hasStartupProbe = node["startupProbe"] != nil
        guard !hasStartupProbe else { return }
        guard let handler = derived else {
            let known = container.known
            let flags = known?.flags(of: container.image ?? "").map { ": give it \($0)" } ?? ""
            let why = known?.servesLocalhostOnly == true ? "; it listens on localhost alone\(flags)" : ""
            findings.add(
                .noStartupProbe, at: node, "\(container.name) has no startupProbe, and none could be derived\(why)")
            return
        }
        let quote = isJSON ? "\"" : ""
        if node.isFlow {
            guard let flow = handler.flow(quote) else {
                findings.add(.noStartupProbe, at: node, "\(container.name) has no startupProbe; add one")
                return
            }
            let patience = "\(quote)periodSeconds\(quote): 2, \(quote)failureThreshold\(quote): \(handler.failures)"
            try add("startupProbe", "{\(flow), \(patience)}")
        } else {
            try add(
                "startupProbe", "",
                handler.block.map { "  " + $0 } + ["  periodSeconds: 2", "  failureThreshold: \(handler.failures)"])
        }
        hasStartupProbe = true
        findings.add(.startupProbe, at: node, "\(container.name) holds main back until \(handler.origin)")
    }

    private mutating func dropPreStop(_ all: Neighbours, _ findings: inout Findings) throws(EditRefusal) {
        guard let hook = node.at("lifecycle", "preStop") else { return }
        keepsPreStop = true
        let what = "the preStop hook of \(container.name)"
        if let other = container.asked(in: hook, among: all) {
            return findings.add(.preStopKept, at: hook, "\(what) asks \(other.name)")
        }
        switch HookPurpose(hook, of: container, among: all) {
        case .endsOrAwaits:
            keepsPreStop = false
            guard let lifecycle = node.ownPair("lifecycle")?.value, !lifecycle.isAlias, !lifecycle.isShared else {
                throw EditRefusal(.anchor, at: hook, "lifecycle is shared with another place; write it out")
            }
            if lifecycle.pairs?.count == 1 {
                dropped.insert("lifecycle")
            } else {
                try editor.removePair("preStop", from: lifecycle)
            }
            findings.add(.preStopDropped, at: hook, "\(what) was removed")
        case .works: findings.add(.preStopKept, at: hook, "\(what) drains or stores, and may do so beside main")
        case .sleeps: findings.add(.preStopKept, at: hook, "\(what) spends the grace period")
        case .other: break
        }
    }
}
