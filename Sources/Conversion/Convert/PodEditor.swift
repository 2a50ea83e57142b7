import KubeModel
import PodRules
import YAMLTree

/// Moves the sidecars of one pod, and changes what hangs on them.
struct PodEditor {
    private let pod: ManifestPod
    private let text: SourceText
    private let options: ConversionOptions
    private var editor: TreeEditor
    private(set) var moved: Set<String> = []
    /// Annotations that were taken away.
    private(set) var dropped: [String] = []

    var edits: TextEdits { editor.edits }

    init(_ pod: ManifestPod, _ text: SourceText, _ options: ConversionOptions) {
        self.pod = pod
        self.text = text
        self.options = options
        editor = TreeEditor(text)
    }

    mutating func moveSidecars(_ findings: inout Findings) throws(EditRefusal) {
        if let patched = options.patched { return try movePatches(patched, &findings) }
        switch options.direction {
        case .toNative: try moveToNative(&findings)
        case .toOrdinary: try moveBack(&findings)
        }
    }

    private mutating func moveToNative(_ findings: inout Findings) throws(EditRefusal) {
        let (text, options) = (text, options)
        findings.look(atMistakesIn: pod, options)
        let found = try pod.sidecars(options, &findings)
        let injected = found.filter(pod.isInjected)
        let sidecars = injected.isEmpty ? found : found.filter { !pod.isInjected($0) }
        findings.look(atInjectedInto: pod, injected, isChanged: !sidecars.isEmpty, options)
        let natives = pod.initContainers.filter(\.isNativeSidecar)
        let mains = pod.containers(without: found)
        let main = Neighbours(mains)
        for native in natives { try ContainerEditor(native, text).refuseWaiting(main, &findings) }
        guard let first = sidecars.first else {
            // Which releases they need is known to whoever has made them.
            guard let native = natives.first, options.kubeVersion != nil else { return }
            return findings.look(
                atKubelets: circumstances(natives.contains { $0.node["startupProbe"] != nil }), native, options)
        }
        if let injected = injected.first(where: pod.isFilledIn) {
            throw EditRefusal(
                .injectedStays, at: injected.node,
                "\(injected.name) is an ordinary container already: it starts after all init containers, and a terminator has "
                    + "to end it; \(injected.known?.injector?.advice ?? "")")
        }
        guard !mains.isEmpty else {
            // There is nothing to do where nobody named all of them.
            guard try pod.isWhollyMarked(options) else { return }
            throw EditRefusal(
                .noMain, at: first.node, "all containers count as sidecars; name the main one with --primary")
        }
        let source = try editable("containers")
        for sidecar in sidecars { try refuseShared(sidecar.node, sidecar.name) }
        var hasStartupProbe = natives.contains { $0.node["startupProbe"] != nil }
        let lingers = pod.lingers.mapValues { min($0, options.lingerLimit ?? $0) }
        let all = Neighbours(pod.initContainers.isEmpty ? pod.containers : pod.containers + pod.initContainers)
        var kept: [String: Int] = [:]
        let insertion = insertion(from: source, to: "initContainers", beside: "containers")
        let blocks = try blocks(of: sidecars, from: source, insertion) { sidecar throws(EditRefusal) in
            var inner = ContainerEditor(sidecar, text)
            try inner.makeNative(mains: main, among: all, options.kubeVersion, &findings)
            hasStartupProbe = hasStartupProbe || inner.hasStartupProbe
            if !lingers.isEmpty, let seconds = lingers[sidecar.name],
                try inner.linger(seconds, options.kubeVersion, &findings)
            {
                kept[sidecar.name] = seconds
            }
            return inner.edits
        }
        let order = StartOrder(sidecars, among: pod.initContainers)
        try move(sidecars, blocks, insertion, order)
        moved = Set(sidecars.map(\.name))
        try removeAnnotations(found, sidecars, &findings)
        try keepMarked(found, &findings)
        try pinFailurePolicy(mains, &findings)
        try raiseGrace(GraceNeed(mains: mains, sidecars: sidecars, lingers: kept), &findings)
        findings.look(at: pod, sidecars: sidecars, mains: mains, order, options)
        findings.look(atKubelets: circumstances(hasStartupProbe), first, options)
    }

    private func circumstances(_ hasStartupProbe: Bool) -> KubeletBug.Circumstances {
        KubeletBug.Circumstances(
            restartPolicy: pod.spec["restartPolicy"]?.text ?? "Always", hasStartupProbe: hasStartupProbe)
    }

    private mutating func moveBack(_ findings: inout Findings) throws(EditRefusal) {
        let natives = pod.initContainers.filter(\.isNativeSidecar).filter {
            options.sidecars.isEmpty || options.sidecars.contains($0.name)
        }
        guard !natives.isEmpty else { return }
        guard pod.spec["containers"]?.elements?.isEmpty == false else {
            throw EditRefusal(.shape, at: pod.spec, "expected containers")
        }
        let source = try editable("initContainers")
        for native in natives { try refuseShared(native.node, native.name) }
        let insertion = insertion(from: source, to: "containers", beside: "initContainers")
        let (text, isToEnd) = (text, pod.isToEnd)
        let blocks = try blocks(of: natives, from: source, insertion) { native throws(EditRefusal) in
            var inner = ContainerEditor(native, text)
            try inner.makeOrdinary(marked: isToEnd)
            return inner.edits
        }
        try move(natives, blocks, insertion, StartOrder(behind: pod.containers.count, count: natives.count))
        moved = Set(natives.map(\.name))
        for native in natives {
            findings.add(.reversed, at: native.node, "\(native.name) becomes an ordinary container")
            findings.add(
                .notRestored, at: native.node,
                "\(native.name) no longer starts before main"
                    + (native.node["startupProbe"] == nil ? "" : ", and its startupProbe no longer holds main back")
                    + (pod.isToEnd ? "; a terminator has to end it" : ""))
        }
    }

    private mutating func movePatches(_ objects: [PatchedObject], _ findings: inout Findings) throws(EditRefusal) {
        let kind = pod.place.object["kind"]?.text
        let name = pod.place.object.at("metadata", "name")?.text
        let natives = objects.filter { ($0.kind == nil || $0.kind == kind) && ($0.name == nil || $0.name == name) }
            .reduce(into: Set<String>()) { $0.formUnion($1.natives) }
        let containers = pod.containers.filter { natives.contains($0.name) }
        findings.look(atMarkersInPatch: pod, natives, options)
        guard !containers.isEmpty else { return }
        let source = try editable("containers")
        for container in containers { try refuseShared(container.node, container.name) }
        let (text, all) = (text, Neighbours(pod.containers))
        let insertion = insertion(from: source, to: "initContainers", beside: "containers")
        let blocks = try blocks(of: containers, from: source, insertion) { container throws(EditRefusal) in
            var inner = ContainerEditor(container, text)
            try inner.dropSpent(all, &findings)
            return inner.edits
        }
        try move(containers, blocks, insertion, StartOrder(behind: pod.initContainers.count, count: containers.count))
        moved = Set(containers.map(\.name))
        for container in containers {
            findings.add(.patchFollows, at: container.node, "what the patch says of \(container.name) moves with it")
        }
    }

    // MARK: Moving

    private func editable(_ field: String) throws(EditRefusal) -> SourceNode {
        guard let pair = pod.spec.ownPair(field) else {
            throw EditRefusal(.anchor, at: pod.spec, "\(field) comes by a merge key; write it out")
        }
        for node in pod.place.above + [pod.spec] { try refuseShared(node, "what leads to \(field)") }
        try refuseShared(pair.value, field)
        return pair.value
    }

    private func refuseShared(_ node: SourceNode, _ what: @autoclosure () -> String) throws(EditRefusal) {
        if node.isAlias { throw EditRefusal(.anchor, at: node, "\(what()) is an alias; write it out") }
        if node.isShared, let anchor = node.properties.anchor {
            throw EditRefusal(.anchor, at: node, "\(what()) is repeated by *\(anchor) elsewhere; write it out there")
        }
    }

    private func insertion(from source: SourceNode, to field: String, beside: String) -> ListInsertion {
        ListInsertion(spec: pod.spec, source: source, field: field, beside: beside, editor)
    }

    /// Where a container stands, and what becomes of it there where it goes.
    private struct Block {
        let place: Range<UInt32>
        let text: TextEdits.Kept

        var range: Range<Int> { Int(place.lowerBound)..<Int(place.upperBound) }
    }

    private mutating func blocks(
        of containers: [ManifestContainer], from list: SourceNode, _ insertion: ListInsertion,
        _ edits: (ManifestContainer) throws(EditRefusal) -> TextEdits
    ) throws(EditRefusal) -> [Block] {
        let elements = list.elements ?? []
        // They grow by a few lines each.
        editor.reserve(containers.reduce(0) { $0 + 2 * ($1.node.end - $1.node.offset) })
        var blocks: [Block] = []
        blocks.reserveCapacity(containers.count)
        for container in containers {
            let inner = try edits(container)
            let element = container.node
            let range =
                try list.isFlow
                ? element.offset..<element.end : editor.blockElement(container.index, of: list, elements)
            guard let bytes = inner.applied(to: text.bytes, in: range) else {
                throw EditRefusal(.layout, at: element, "two changes meet in one place")
            }
            blocks.append(
                Block(
                    place: UInt32(range.lowerBound)..<UInt32(range.upperBound),
                    text: editor.keep(insertion.formed(bytes))))
        }
        return blocks
    }

    private mutating func move(
        _ containers: [ManifestContainer], _ blocks: [Block], _ insertion: ListInsertion, _ order: StartOrder
    ) throws(EditRefusal) {
        let (source, field, beside) = (insertion.source, insertion.field, insertion.beside)
        let takesAll = containers.count == source.elements?.count
        if let target = pod.spec[field], target.isAlias || target.isShared || pod.spec.ownPair(field) == nil {
            throw EditRefusal(.anchor, at: target, "\(field) is shared with another place; write it out")
        }
        if takesAll, pod.spec[field] == nil, let key = pod.spec.ownPair(beside)?.key, order.isAsListed, key.isBare {
            // Nothing of the list stays, and there is no other: it is the other one now.
            editor.rename(key, to: field)
            for block in blocks { editor.replace(block.range, by: block.text) }
            return
        }
        var comments: [TextEdits.Kept] = []
        if takesAll, !pod.spec.isFlow, let pair = pod.spec.ownPair(beside) {
            // What is said of the list goes where its elements go.
            let column = try source.isFlow ? 0 : editor.dashColumn(source)
            let lines = editor.comments(of: pair, column: column, outside: blocks.map(\.range))
            guard lines.isEmpty || !source.isFlow else {
                throw EditRefusal(
                    .layout, at: source, "a comment at \(beside) would be lost; write the list in block style")
            }
            if !lines.isEmpty { comments.append(editor.keep(insertion.formed(lines))) }
        }
        for (index, group) in order.groups.enumerated() {
            let texts = (index == 0 ? comments : []) + group.members.map { blocks[$0].text }
            try insertion.insert(texts, before: group.position, &editor)
        }
        if takesAll {
            try editor.removePair(beside, from: pod.spec)
        } else if source.isFlow {
            try editor.removeElements(containers.map(\.index), of: source)
        } else {
            for block in blocks { editor.replace(block.range, by: []) }
        }
    }

    // MARK: Around the containers

    private mutating func removeAnnotations(
        _ found: [ManifestContainer], _ moved: [ManifestContainer], _ findings: inout Findings
    ) throws(EditRefusal) {
        guard found.count == moved.count, let metadata = pod.place.metadata,
            let annotations = metadata.ownPair("annotations")?.value, let pairs = annotations.pairs,
            !annotations.isAlias, !annotations.isShared
        else { return }
        var ours = pairs.map(\.name).filter { SpentMarkers.contain($0, moved: self.moved) }
        if !pod.areMain(pod.containers(without: found), without: ours, options) {
            // What says who is main stays where something else would say otherwise.
            ours.removeAll { $0 == WellKnownNames.Annotation.primaryContainer }
        }
        guard !ours.isEmpty else { return }
        dropped = ours
        findings.add(
            .markers, at: annotations, "annotations for a terminator were removed: \(ours.joined(separator: ", "))")
        if ours.count < pairs.count {
            try editor.removePairs(Set(ours), from: annotations)
        } else if metadata.pairs?.count == 1, let owner = pod.place.above.last, owner.ownPair("metadata") != nil {
            try editor.removePair("metadata", from: owner)
        } else {
            try editor.removePair("annotations", from: metadata)
        }
    }

    /// What an injector adds later counts as a sidecar in marked pods alone: else a terminator would leave the pod open.
    private mutating func keepMarked(
        _ found: [ManifestContainer], _ findings: inout Findings
    ) throws(EditRefusal) {
        lazy var stay = pod.containers.filter { !moved.contains($0.name) }
        let keys = (options.rules.sidecarAnnotations + options.rules.primaryAnnotations).filter(pod.isMarked(by:))
        lazy var injected = pod.awaitedInjector?.container
        let (key, value) = (WellKnownNames.Label.terminateKnown, WellKnownNames.Label.enabled)
        let metadata = pod.place.metadata
        guard pod.isToEnd, metadata?.at("labels", key) == nil, options.keepsMarked || injected != nil,
            found.contains(where: { $0.marks.variable != nil }) || !keys.isEmpty,
            // A known one that somebody has named main would count as a sidecar.
            !stay.contains(where: { one in one.known != nil && !found.contains { $0.name == one.name } }),
            stay.allSatisfy({ $0.marks.variable == nil }), keys.allSatisfy(dropped.contains)
        else { return }
        let whom = injected ?? "what others inject"
        let labels = metadata?.ownPair("labels")?.value
        guard let metadata, let first = metadata.firstPair?.key, metadata["labels"]?.index == labels?.index,
            ![metadata, labels].contains(where: { $0?.isAlias == true || $0?.isShared == true })
        else {
            return findings.add(
                .injected, at: pod.spec, "label the pods \(key)=\(value): a terminator has to end \(whom)")
        }
        func quoted(_ text: String) -> String { editor.isQuoted(first) ? "\"\(text)\"" : text }
        let flow = "{\(quoted(key)): \(quoted(value))}"
        if let labels, let last = labels.pairs?.last?.name {
            try editor.addPair(key, quoted(value), to: labels, after: last)
        } else if let labels {
            editor.replace(
                labels.offset..<labels.end, by: Array((labels.end > labels.offset ? flow : " \(flow)").utf8))
        } else {
            try editor.addPair(
                "labels", flow, blockLines: ["  \(key): \(value)"], to: metadata,
                after: metadata.pairs?.last?.name ?? "")
        }
        findings.add(
            .markers, at: metadata,
            "the label \(key) tells a terminator of \(whom), which may come as an ordinary container")
    }

    private mutating func pinFailurePolicy(
        _ mains: [ManifestContainer], _ findings: inout Findings
    ) throws(EditRefusal) {
        for rule in pod.place.podFailurePolicy?["rules"]?.elements ?? [] {
            guard let codes = rule["onExitCodes"], codes.isMapping else { continue }
            if let name = codes["containerName"]?.text {
                guard moved.contains(name) else { continue }
                findings.add(
                    .failurePolicyOpen, at: codes,
                    "onExitCodes names \(name), which the kubelet ends with a code such as 143 or 137 whenever main has failed"
                )
                continue
            }
            guard mains.count == 1, let main = mains.first, !codes.isAlias, !codes.isShared else {
                findings.add(.failurePolicyOpen, at: codes, "onExitCodes names no container")
                continue
            }
            try editor.addPair("containerName", quoted(main.name, like: codes), to: codes, after: "operator")
            findings.add(.failurePolicy, at: codes, "onExitCodes now looks at \(main.name) alone")
        }
    }

    private mutating func raiseGrace(_ need: GraceNeed, _ findings: inout Findings) throws(EditRefusal) {
        let field = "terminationGracePeriodSeconds"
        let existing = pod.spec[field]
        guard let seconds = existing.map({ $0.text.flatMap { Int($0) } }) ?? GraceNeed.standard, seconds < need.seconds
        else { return }
        let value = String(need.seconds)
        if let own = pod.spec.ownPair(field)?.value {
            guard !own.isAlias, !own.isShared, own.properties == .init(), own.scalar?.style == .plain else {
                return findings.add(.graceKept, at: own, "\(seconds) s of grace, but needed are \(need.words)")
            }
            editor.replace(own.offset..<own.end, by: Array(value.utf8))
        } else if let anchor = pod.spec.pairs?.first(where: isOneLine)?.name {
            try editor.addPair(field, value, to: pod.spec, after: anchor)
        } else if !pod.spec.isFlow, let first = pod.spec.firstPair?.key, editor.startsItsLine(first) {
            let line = text.lineStart(first.offset)
            let margin = String(repeating: " ", count: first.start.column - 1)
            let lineBreak = String(decoding: text.lineBreak(at: first.offset), as: UTF8.self)
            editor.insertLines("\(margin)\(field): \(value)\(lineBreak)".utf8, at: line)
        } else {
            return findings.add(.graceKept, at: pod.spec, "\(seconds) s of grace, but needed are \(need.words)")
        }
        findings.add(.grace, at: existing ?? pod.spec, "\(field) raised from \(seconds) to \(value): \(need.words)")
    }

    /// A pair behind which another one can stand.
    private func isOneLine(_ pair: SourceNode.Pair) -> Bool {
        !pair.key.isAlias && pair.value.scalar != nil && !pair.value.isAlias && pair.value.isFlow
            && pair.value.end > pair.key.end && pair.name != "<<"
    }

    private func quoted(_ value: String, like mapping: SourceNode) -> String {
        mapping.firstPair.map { editor.isQuoted($0.key) } == true ? "\"\(value)\"" : value
    }
}
