import YAMLTree

/// Compares a document with what became of it: everything but what a conversion may change has to mean the same. Both
/// trees are walked side by side; nothing is copied.
struct Verification {
    private enum Verdict {
        case same
        case different
        /// Aliases that stand for more values than anybody wrote.
        case tooMany
    }

    private let podSpecPaths: [String]
    private let moved: [Set<String>]
    /// Values that may still be compared, aliases filled in.
    private var budget = StreamConverter.limits.nodes

    /// What differs for good reason: lists of containers, and what is spent.
    private let volatile: [String]
    /// Keys that are gone when nothing is left in them.
    private static let holders = ["annotations", "metadata"]
    /// The lengths of all of those, a bit each: most keys have another one and need no closer look.
    private let lengths: UInt64

    /// Reads the new text again, and compares what it means with what was intended.
    static func check(
        _ change: DocumentChange, of document: SourceDocument, _ text: SourceText, podSpecPaths: [String]
    ) throws(EditRefusal) {
        guard !change.edits.isEmpty else { return }
        func failed(_ why: String) -> EditRefusal { EditRefusal(.verification, at: document.root, why) }
        let range = document.range.lowerBound..<max(document.range.upperBound, text.lineEnd(document.root.end))
        guard let bytes = TextEdit.apply(change.edits, to: text.bytes, in: range) else {
            throw failed("two changes meet in one place")
        }
        let result: SourceDocument?
        do throws(YAMLError) {
            var reader = try SourceReader(bytes, limits: StreamConverter.limits)
            let first = try reader.document()
            result = try reader.document() == nil ? first : nil
        } catch {
            guard error.reason == .missingAnchor else { throw failed("the result could not be read: \(error.message)") }
            throw EditRefusal(.anchor, at: document.root, "after the move \(error.message)")
        }
        guard let result else { throw failed("the result would be several documents") }
        var verification = Verification(podSpecPaths: podSpecPaths, change)
        switch verification.compare(document.root, change.places, result.root) {
        case .same: break
        case .different: throw failed("the result would mean something else")
        case .tooMany: throw EditRefusal(.anchor, at: document.root, "the aliases stand for too many values")
        }
    }

    private init(podSpecPaths: [String], _ change: DocumentChange) {
        self.podSpecPaths = podSpecPaths
        moved = change.moved
        volatile = ["containers", "initContainers", "terminationGracePeriodSeconds"] + change.dropped
        lengths = (volatile + Self.holders).reduce(0) { $0 | 1 << UInt64(min($1.utf8.count, 63)) }
    }

    private mutating func compare(_ before: SourceNode, _ old: [PodPlace], _ after: SourceNode) -> Verdict {
        guard let new = places(after), old.count == moved.count, new.count == moved.count else { return .different }
        var isSame = same(before, after)
        for (index, names) in moved.enumerated() where isSame {
            isSame = samePods(old[index].spec, new[index].spec, moved: names)
        }
        return budget <= 0 ? .tooMany : isSame ? .same : .different
    }

    private func places(_ root: SourceNode) -> [PodPlace]? {
        try? PodFinder(customPaths: podSpecPaths).find(in: root).pods
    }

    // MARK: Pods

    /// Those that stayed are there in their order; those that moved are there once, changed as a move may change them.
    private mutating func samePods(_ before: SourceNode, _ after: SourceNode, moved: Set<String>) -> Bool {
        var old: [String: SourceNode] = [:]
        var new: [String: SourceNode] = [:]
        for field in ["initContainers", "containers"] {
            let left = stayed(before[field]?.elements ?? [], moved, &old)
            let right = stayed(after[field]?.elements ?? [], moved, &new)
            guard same(left, right) else { return false }
        }
        guard old.count == new.count else { return false }
        for (name, container) in old {
            guard let other = new[name], sameContainers(container, other) else { return false }
        }
        return true
    }

    private func stayed(
        _ containers: [SourceNode], _ moved: Set<String>, _ others: inout [String: SourceNode]
    ) -> [SourceNode] {
        containers.filter { container in
            guard let name = container["name"]?.text, moved.contains(name) else { return true }
            others[name] = container
            return false
        }
    }

    private mutating func sameContainers(_ before: SourceNode, _ after: SourceNode) -> Bool {
        func kept(_ node: SourceNode) -> [SourceNode.Pair] {
            (node.pairs ?? []).filter { pair in
                switch pair.name {
                case "restartPolicy", "startupProbe", "env": false
                case "lifecycle": pair.value.pairs?.contains { $0.name != "preStop" } ?? true
                default: true
                }
            }
        }
        func variables(_ node: SourceNode) -> [SourceNode] {
            (node["env"]?.elements ?? []).filter { !SpentMarkers.variables.contains($0["name"]?.text ?? "") }
        }
        let (old, new) = (kept(before), kept(after))
        guard old.count == new.count, same(variables(before), variables(after)) else { return false }
        for (left, right) in zip(old, new) {
            guard same(left.key, right.key) else { return false }
            let isLifecycle = left.name == "lifecycle"
            guard same(left.value, right.value, without: isLifecycle ? "preStop" : nil) else { return false }
        }
        return true
    }

    // MARK: Values

    private mutating func same(_ before: [SourceNode], _ after: [SourceNode]) -> Bool {
        guard before.count == after.count else { return false }
        for (left, right) in zip(before, after) where !same(left, right) { return false }
        return true
    }

    private mutating func same(_ before: SourceNode, _ after: SourceNode, without name: String? = nil) -> Bool {
        same(before.index, of: before.tree, after.index, of: after.tree, without: name)
    }

    private mutating func same(
        _ left: Int, of old: SourceTree, _ right: Int, of new: SourceTree, without name: String? = nil
    ) -> Bool {
        budget -= 1
        guard budget > 0 else { return false }
        let (left, right) = (old.resolved(left), new.resolved(right))
        let (before, after) = (old.records[left], new.records[right])
        guard before.kind == after.kind else { return false }
        switch before.kind {
        case .scalar:
            return (before.style == .plain) == (after.style == .plain) && old.text(left) == new.text(right)
                && old.tag(left) == new.tag(right)
        case .sequence: return sameElements(left, of: old, right, of: new)
        case .mapping: return samePairs(left, of: old, right, of: new, without: name)
        case .alias: return false
        }
    }

    private mutating func sameElements(_ left: Int, of old: SourceTree, _ right: Int, of new: SourceTree) -> Bool {
        let (oldEnd, newEnd) = (old.next(left), new.next(right))
        var (left, right) = (left + 1, right + 1)
        while left < oldEnd, right < newEnd {
            guard same(left, of: old, right, of: new) else { return false }
            (left, right) = (old.next(left), new.next(right))
        }
        return left == oldEnd && right == newEnd
    }

    private mutating func samePairs(
        _ left: Int, of old: SourceTree, _ right: Int, of new: SourceTree, without name: String?
    ) -> Bool {
        let (oldEnd, newEnd) = (old.next(left), new.next(right))
        var (left, right) = (left + 1, right + 1)
        while true {
            while left < oldEnd, isVolatile(left, of: old, name) { left = old.next(old.next(left)) }
            while right < newEnd, isVolatile(right, of: new, name) { right = new.next(new.next(right)) }
            guard left < oldEnd, right < newEnd else { return left == oldEnd && right == newEnd }
            let inner = old.reads(left, "onExitCodes") ? "containerName" : nil
            guard same(left, of: old, right, of: new) else { return false }
            (left, right) = (old.next(left), new.next(right))
            guard same(left, of: old, right, of: new, without: inner) else { return false }
            (left, right) = (old.next(left), new.next(right))
        }
    }

    /// Lists of containers, places of markers, and what is empty once markers are gone.
    private func isVolatile(_ key: Int, of tree: SourceTree, _ name: String?) -> Bool {
        if let name, tree.reads(key, name) { return true }
        let length = min(tree.text(tree.resolved(key)).count, 63)
        guard lengths & 1 << UInt64(length) != 0 else { return false }
        if volatile.contains(where: { tree.reads(key, $0) }) { return true }
        guard Self.holders.contains(where: { tree.reads(key, $0) }) else { return false }
        let value = SourceNode(tree: tree, index: tree.next(key))
        return value.isNull || value.pairs?.allSatisfy { isVolatile($0.key.index, of: tree, nil) } ?? false
    }
}
