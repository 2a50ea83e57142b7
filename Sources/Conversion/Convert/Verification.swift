import KubeModel
import YAMLTree

/// Whether a document still says what it said once its edits are carried out: everything but what a conversion may change.
struct Verification {
    /// The bytes of the stream that the new text is to replace.
    let range: Range<Int>

    private var edits: TextEdits
    private let mark: YAMLMark
    private let meaning: Int
    private let podSpecPaths: [String]
    private let moved: [Set<String>]
    private let dropped: Set<String>

    /// Holds nothing of the document's tree, so that this is gone before there is a second text; `nil` without edits.
    init?(
        _ change: DocumentChange, of document: SourceDocument, _ source: SourceText, _ options: ConversionOptions
    ) throws(EditRefusal) {
        guard !change.edits.isEmpty else { return nil }
        mark = document.root.start
        podSpecPaths = options.podSpecPaths
        (moved, dropped) = (change.moved, change.dropped)
        range = document.range.lowerBound..<max(document.range.upperBound, source.lineEnd(document.root.end))
        edits = change.edits
        guard let meaning = Meaning.of(document.root, change.places, moved: moved, dropped: dropped) else {
            throw EditRefusal(.anchor, at: mark, "the aliases stand for too many values")
        }
        self.meaning = meaning
    }

    /// The new text: carries the edits out, reads what comes of them, and compares what it means with what was intended.
    /// The edits are gone by then: of a large document they hold as much as its text.
    mutating func text(of source: SourceText) throws(EditRefusal) -> [UInt8] {
        let edits = edits
        self.edits = TextEdits()
        guard let text = edits.applied(to: source.bytes, in: range) else {
            throw EditRefusal(.verification, at: mark, "two changes meet in one place")
        }
        let result: SourceDocument?
        do throws(YAMLError) {
            var reader = try SourceReader(text, limits: StreamConverter.limits)
            let first = try reader.document()
            result = try reader.document() == nil ? first : nil
        } catch {
            guard error.reason == .missingAnchor else { throw failed("the result could not be read: \(error.message)") }
            throw EditRefusal(.anchor, at: mark, "after the move \(error.message)")
        }
        guard let result else { throw failed("the result would be several documents") }
        let pods = try? PodFinder(customPaths: podSpecPaths).find(in: result.root).pods
        guard let pods, pods.count == moved.count,
            Meaning.of(result.root, pods, moved: moved, dropped: dropped) == meaning
        else { throw failed("the result would mean something else") }
        return text
    }

    private func failed(_ why: String) -> EditRefusal { EditRefusal(.verification, at: mark, why) }
}

/// What a document says, but for what a conversion may change, as a number: the same before and after, or something is
/// wrong. So the tree that was can go before the one that came of it is read.
struct Meaning {
    private var hasher = Hasher()
    /// Values that may still be looked at, aliases filled in.
    private var budget = StreamConverter.limits.nodes

    /// What differs for good reason: these, and annotations that are taken away. The label comes in a marker's place.
    private static let volatile = [
        "containers", "initContainers", "terminationGracePeriodSeconds", WellKnownNames.Label.terminateKnown,
    ]
    private let dropped: Set<String>
    /// Keys that are gone when nothing is left in them.
    private static let holders = ["annotations", "labels", "metadata"]
    /// The lengths of all of those, a bit each: most keys have another one and need no closer look.
    private let lengths: UInt64

    /// - Parameters:
    ///   - moved: the names of the moved containers, pod by pod.
    ///   - dropped: annotations that are taken away.
    /// - Returns: `nil` where aliases stand for more values than anybody wrote.
    static func of(_ root: SourceNode, _ pods: [PodPlace], moved: [Set<String>], dropped: Set<String>) -> Int? {
        var meaning = Meaning(dropped)
        meaning.add(root)
        for (pod, names) in zip(pods, moved) { meaning.add(pod.spec, moved: names) }
        return meaning.budget > 0 ? meaning.hasher.finalize() : nil
    }

    private init(_ dropped: Set<String>) {
        self.dropped = dropped
        lengths = (Self.volatile + Self.holders + dropped).reduce(0) { $0 | 1 << UInt64(min($1.utf8.count, 63)) }
    }

    // MARK: Pods

    /// Those that stay are there in their order; those that move are there once, changed as a move may change them.
    private mutating func add(_ spec: SourceNode, moved: Set<String>) {
        // Of those that move, in whatever order they stand.
        var (others, sum) = (0, 0)
        for field in ["initContainers", "containers"] {
            for container in spec[field]?.elements ?? [] {
                if let name = container["name"]?.text, moved.contains(name) {
                    let all = hasher
                    hasher = Hasher()
                    add(moving: container)
                    others += 1
                    sum &+= hasher.finalize()
                    hasher = all
                } else {
                    add(container)
                }
            }
            hasher.combine(field)
        }
        hasher.combine(others)
        hasher.combine(sum)
    }

    /// What a container gets and loses as it moves.
    private static let moving = ["restartPolicy", "startupProbe", "env"]

    private mutating func add(moving container: SourceNode) {
        let (tree, mapping) = (container.tree, container.tree.resolved(container.index))
        var key = mapping + 1
        while key < tree.next(mapping) {
            let value = tree.next(key)
            defer { key = tree.next(value) }
            guard !Self.moving.contains(where: { tree.reads(key, $0) }) else { continue }
            let isLifecycle = tree.reads(key, "lifecycle")
            let hooks = isLifecycle ? SourceNode(tree: tree, index: value).pairs : nil
            guard hooks?.contains(where: { !$0.key.reads("preStop") }) ?? true else { continue }
            add(key, of: tree)
            add(value, of: tree, without: isLifecycle ? "preStop" : nil)
        }
        hasher.combine(false)
        for variable in container["env"]?.elements ?? []
        where !SpentMarkers.variables.contains(variable["name"]?.text ?? "") {
            add(variable)
        }
        hasher.combine(true)
    }

    // MARK: Values

    private mutating func add(_ node: SourceNode, without name: String? = nil) {
        add(node.index, of: node.tree, without: name)
    }

    private mutating func add(_ index: Int, of tree: SourceTree, without name: String? = nil) {
        budget -= 1
        guard budget > 0 else { return }
        let index = tree.resolved(index)
        switch tree.records[index].kind {
        case .scalar(let style):
            let (tag, text) = (tree.tag(index), tree.text(index))
            let isPlain = if case .plain = style { true } else { false }
            hasher.combine(text.count << 4 | (tag == nil ? 0 : 8) | (isPlain ? 1 : 2))
            if let tag { hasher.combine(tag) }
            text.withUnsafeBytes { hasher.combine(bytes: $0) }
        case .sequence:
            hasher.combine(3)
            var element = index + 1
            while element < tree.next(index) {
                add(element, of: tree)
                element = tree.next(element)
            }
            hasher.combine(4)
        case .mapping:
            hasher.combine(5)
            addPairs(of: index, tree, without: name)
            hasher.combine(6)
        case .alias: break
        }
    }

    private mutating func addPairs(of mapping: Int, _ tree: SourceTree, without name: String?) {
        var key = mapping + 1
        while key < tree.next(mapping) {
            let value = tree.next(key)
            if !isVolatile(key, of: tree, name) {
                add(key, of: tree)
                add(value, of: tree, without: tree.reads(key, "onExitCodes") ? "containerName" : nil)
            }
            key = tree.next(value)
        }
    }

    /// Lists of containers, places of markers, and what is empty once markers are gone.
    private func isVolatile(_ key: Int, of tree: SourceTree, _ name: String?) -> Bool {
        if let name, tree.reads(key, name) { return true }
        let length = min(tree.length(tree.resolved(key)), 63)
        guard lengths & 1 << UInt64(length) != 0 else { return false }
        if Self.volatile.contains(where: { tree.reads(key, $0) }) { return true }
        if !dropped.isEmpty, dropped.contains(String(decoding: tree.text(tree.resolved(key)), as: UTF8.self)) {
            return true
        }
        guard Self.holders.contains(where: { tree.reads(key, $0) }) else { return false }
        let value = SourceNode(tree: tree, index: tree.next(key))
        return value.isNull || value.pairs?.allSatisfy { isVolatile($0.key.index, of: tree, nil) } ?? false
    }
}
