internal import Conversion
internal import KubeModel
internal import YAMLTree

/// One file with patches, and what becomes of it.
struct Rewriting {
    private let bytes: [UInt8]
    private let moves: KustomizeMoves
    private let options: ConversionOptions
    private var edits = TextEdits()
    private var diagnostics: [Diagnostic] = []

    init(_ bytes: [UInt8], _ moves: KustomizeMoves, _ options: ConversionOptions) {
        self.bytes = bytes
        self.moves = moves
        self.options = options
    }

    func stream(after earlier: ConvertedStream?) -> ConvertedStream {
        let output = edits.applied(to: bytes, in: 0..<bytes.count) ?? bytes
        let before = earlier?.diagnostics ?? []
        return ConvertedStream(
            output: output, diagnostics: before + diagnostics.filter { !before.contains($0) }, containers: [],
            isChanged: earlier?.isChanged == true || output != bytes)
    }

    mutating func warn(at node: SourceNode, _ message: String) {
        diagnostics.append(Diagnostic(rule: .patches, line: node.start.line, message: message, offset: node.offset))
    }

    /// The whole file is one patch, or a stream of them.
    mutating func rewrite(_ target: KustomizeTarget) {
        let (changed, found) = rewritten(bytes, target)
        diagnostics += found
        if changed != bytes { edits.replace(0..<bytes.count, by: changed) }
    }

    /// A patch that stands as a text in the kustomization.
    mutating func rewrite(inline node: SourceNode, _ target: KustomizeTarget) {
        guard let scalar = node.scalar else { return }
        let text = Array(scalar.text.utf8)
        let (changed, found) = rewritten(text, target)
        diagnostics += found.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += node.start.line
            diagnostic.offset = node.offset
            return diagnostic
        }
        guard changed != text else { return }
        guard scalar.style == .literal, let block = block(of: node) else {
            return warn(at: node, "a patch names a container that moves; write it as a block (|), and it is rewritten")
        }
        let margin = [UInt8](repeating: 0x20, count: block.margin)
        let lines = changed.split(separator: 0x0A, omittingEmptySubsequences: false)
        let isWhole = changed.last == 0x0A
        let body = (isWhole ? lines.dropLast() : lines[...]).map { $0.isEmpty ? [] : margin + $0 }
        edits.replace(block.range, by: body.joined(separator: [0x0A]))
    }

    /// The lines of a block scalar behind its header, and how far they are indented.
    private func block(of node: SourceNode) -> (range: Range<Int>, margin: Int)? {
        let text = SourceText(bytes: bytes)
        var start = text.lineEnd(node.offset)
        let first = start
        while start < node.end, text.isBlank(start..<text.lineEnd(start)) { start = text.lineEnd(start) }
        guard start < node.end, first < node.end else { return nil }
        return (first..<node.end, text.indentation(start))
    }

    /// A strategic merge patch names containers, a JSON patch their places.
    private func rewritten(_ bytes: [UInt8], _ target: KustomizeTarget) -> ([UInt8], [Diagnostic]) {
        guard let root = KustomizeFiles.root(of: bytes) else { return (bytes, []) }
        let (sure, doubtful) = moves.matched(by: target)
        guard let operations = root.elements else { return merge(bytes, target, sure, doubtful) }
        return pointers(bytes, operations, sure, doubtful)
    }

    // MARK: Strategic merge patches

    private func merge(
        _ bytes: [UInt8], _ target: KustomizeTarget, _ sure: [ContainerMoves], _ doubtful: [ContainerMoves]
    ) -> ([UInt8], [Diagnostic]) {
        // Native here and ordinary there, one patch cannot meet both.
        let natives = sure.reduce(into: Set<String>()) { $0.formUnion($1.natives) }
        let split: Set<String> = target.isEmpty ? [] : natives.filter { name in sure.contains { $0.keeps(name) } }
        let (changed, found) = merge(bytes, target, sure, without: split)
        guard !split.isEmpty || !doubtful.isEmpty else { return (changed, found) }
        let would = merge(changed, target, sure + doubtful, without: []).1.filter { $0.rule == .patchFollows }
        return (
            changed,
            found
                + would.map { diagnostic in
                    Diagnostic(
                        rule: .patches, line: diagnostic.line,
                        message: "the patch names a container that moves in an object that may be another's or that is "
                            + "not converted along", offset: diagnostic.offset)
                }
        )
    }

    private func merge(
        _ bytes: [UInt8], _ target: KustomizeTarget, _ moves: [ContainerMoves], without split: Set<String>
    ) -> ([UInt8], [Diagnostic]) {
        var options = options
        // Whoever the target selects, or the object that the patch itself names.
        options.patched = moves.flatMap { move in
            let natives = move.natives.subtracting(split)
            return target.isEmpty
                ? move.object.names.map { PatchedObject(kind: move.object.kind, name: $0, natives: natives) }
                : [PatchedObject(kind: nil, name: nil, natives: natives)]
        }
        guard let converted = try? StreamConverter(options).convert(bytes) else { return (bytes, []) }
        let found = converted.diagnostics.compactMap { diagnostic -> Diagnostic? in
            switch diagnostic.rule {
            case .patchFollows, .notReached: return diagnostic
            case _ where diagnostic.severity == .error:
                var diagnostic = diagnostic
                diagnostic.rule = .patches
                diagnostic.severity = Rule.patches.severity
                return diagnostic
            default: return nil
            }
        }
        return (converted.output, found)
    }

    // MARK: JSON patches

    private func pointers(
        _ bytes: [UInt8], _ operations: [SourceNode], _ sure: [ContainerMoves], _ doubtful: [ContainerMoves]
    ) -> ([UInt8], [Diagnostic]) {
        var edits = TextEdits()
        var found: [Diagnostic] = []
        // Elements that an operation adds or takes away are not there for those before it.
        let shifts =
            operations.count > 1
            && operations.contains { operation in
                operation["op"]?.text != "replace" && operation["op"]?.text != "test"
                    && operation["path"]?.text?.split(separator: "/").last.flatMap { Int($0) } != nil
            }
        for operation in operations {
            if let place = Self.marker(in: operation) {
                found.append(
                    Diagnostic(
                        rule: .notReached, line: place.start.line,
                        message: "a patch marks a sidecar, and is not converted; mark it in what is patched",
                        offset: place.offset))
            }
            for field in ["path", "from"] {
                guard let node = operation.ownPair(field)?.value, let path = node.text else { continue }
                let adds = field == "path" && operation["op"]?.text == "add"
                let places = Set(sure.map { $0.pointer(path, adds: adds) })
                let isDoubtful = doubtful.contains { $0.pointer(path, adds: adds) != path }
                guard !isDoubtful, places.count <= 1, let place = places.first ?? path,
                    !shifts || Self.element(path) == Self.element(place)
                else {
                    found.append(
                        Diagnostic(
                            rule: .patches, line: node.start.line,
                            message: "\(path) leads elsewhere, or may, once sidecars have moved", offset: node.offset))
                    continue
                }
                guard place != path else { continue }
                found.append(Self.replace(node, path, by: place, in: &edits))
            }
        }
        return (edits.applied(to: bytes, in: 0..<bytes.count) ?? bytes, found)
    }

    /// What stands behind the place of a container in a pointer.
    private static func element(_ pointer: String) -> ArraySlice<Substring> {
        let parts = pointer.split(separator: "/")
        let list = parts.firstIndex { $0 == "containers" || $0 == "initContainers" } ?? parts.endIndex
        return parts.dropFirst(list + 2)
    }

    /// Where an operation sets a variable or annotation that marks a sidecar.
    private static func marker(in operation: SourceNode) -> SourceNode? {
        let variables = [
            WellKnownNames.Variable.terminate, WellKnownNames.Variable.terminateWithImage,
            WellKnownNames.Variable.eciType,
        ]
        let annotations = [WellKnownNames.Annotation.sidecars, WellKnownNames.Annotation.primaryContainer]
        guard let op = operation["op"]?.text, op == "add" || op == "replace" else { return nil }
        if let path = operation["path"], let text = path.text?.replacing("~1", with: "/"),
            annotations.contains(where: text.hasSuffix)
        {
            return path
        }
        guard let value = operation.ownPair("value")?.value else { return nil }
        let tree = value.tree
        let marks = (value.index..<max(value.index + 1, tree.next(value.index))).contains { index in
            (variables + annotations).contains { tree.reads(index, $0) }
        }
        return marks ? value : nil
    }

    // MARK: Replacements

    mutating func rewrite(replacement: SourceNode) {
        if let source = replacement["source"] {
            rewrite(source.ownPair("fieldPath")?.value, of: KustomizeTarget(source))
        }
        for target in replacement["targets"]?.elements ?? [] {
            for path in target["fieldPaths"]?.elements ?? [] { rewrite(path, of: KustomizeTarget(target["select"])) }
        }
    }

    private mutating func rewrite(_ node: SourceNode?, of target: KustomizeTarget) {
        guard let node, let path = node.text else { return }
        let (sure, doubtful) = moves.matched(by: target)
        let places = Set(sure.map { $0.fieldPath(path) })
        guard places.count <= 1, let place = places.first ?? path,
            !doubtful.contains(where: { $0.fieldPath(path) != path })
        else { return warn(at: node, "\(path) leads elsewhere, or may, once sidecars have moved") }
        guard place != path else { return }
        diagnostics.append(Self.replace(node, path, by: place, in: &edits))
    }

    // MARK: What is not rewritten

    /// A variable that takes its value from a container by its place.
    mutating func look(atVariable variable: SourceNode) {
        guard let node = variable["fieldref"]?.ownPair("fieldpath")?.value, let path = node.text,
            path.contains("ontainers[")
        else { return }
        let (sure, doubtful) = moves.matched(by: KustomizeTarget(variable["objref"]))
        guard (sure + doubtful).contains(where: \.isChanged) else { return }
        warn(at: node, "\(path) leads elsewhere, or may, once sidecars have moved")
    }

    /// Transformers patch and replace as well, each in a form of its own.
    mutating func look(atTransformer entry: SourceNode, _ bytes: [UInt8]) {
        guard moves.areAny, bytes.firstOffset(of: "ontainers") != nil else { return }
        warn(at: entry, "a transformer that names containers is not followed; see whether it means one that moves")
    }

    /// Another path in the place and the quotes of one.
    private static func replace(
        _ node: SourceNode, _ path: String, by place: String, in edits: inout TextEdits
    ) -> Diagnostic {
        let style = node.scalar?.style
        let quote = style == .doubleQuoted ? "\"" : style == .singleQuoted ? "'" : ""
        edits.replace(node.offset..<node.end, by: "\(quote)\(place)\(quote)".utf8)
        return Diagnostic(
            rule: .patchFollows, line: node.start.line, message: "\(path) becomes \(place)", offset: node.offset)
    }
}
