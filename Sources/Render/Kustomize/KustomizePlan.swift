package import Conversion
internal import YAMLTree

/// What is to become of a kustomization's patches when the containers that they name move: those that would miss are
/// rewritten, wherever they stand.
package struct KustomizePlan {
    /// Files that hold patches, and the kustomization itself, as they are to be. A patch is no manifest: it is never
    /// converted by itself.
    package private(set) var files: [String: ConvertedStream] = [:]

    private let folder: String
    private let options: ConversionOptions
    private var moves: [ContainerMoves] = []

    /// - Parameters:
    ///   - path: of the kustomization, without `.` and `..` in it.
    ///   - read: the bytes of a file; `nil` where there is none.
    package init?(_ path: String, _ options: ConversionOptions, read: @escaping (String) -> [UInt8]?) {
        guard options.direction == .toNative, let bytes = read(path), let root = KustomizeFiles.root(of: bytes),
            root["resources"] != nil || root["kind"]?.text == "Kustomization" || root["kind"]?.text == "Component"
        else { return nil }
        folder = KustomizeFiles.folder(of: path)
        self.options = options
        var files = KustomizeFiles(read)
        files.add(root, in: folder)
        moves = files.resources.compactMap(read).flatMap { ContainerMoves.all(in: $0, options) }
        var own = Rewriting(bytes)
        for patch in Self.patches(of: root) {
            if let file = patch.file {
                let path = KustomizeFiles.joined(folder, file)
                guard let bytes = self.files[path]?.output ?? read(path) else { continue }
                var change = Rewriting(bytes)
                change.rewrite(patch.target, moves, options)
                self.files[path] = change.stream(after: self.files[path])
            } else if let text = patch.text {
                own.rewrite(inline: text, patch.target, moves, options)
            }
        }
        self.files[path] = own.stream(after: nil)
    }

    private struct Patch {
        var file: String?
        var text: SourceNode?
        var target: Target
    }

    /// Which objects a patch is for, where it does not say so itself.
    struct Target {
        var kind: String?
        var name: String?

        init(_ node: SourceNode?) {
            kind = node?["kind"]?.text
            name = node?["name"]?.text
        }

        func matches(_ moves: ContainerMoves) -> Bool {
            (kind == nil || kind == moves.kind) && (name == nil || name == moves.name)
        }
    }

    private static func patches(of root: SourceNode) -> [Patch] {
        var patches: [Patch] = []
        for field in ["patches", "patchesJson6902"] {
            for entry in root[field]?.elements ?? [] where entry.isMapping {
                patches.append(Patch(file: entry["path"]?.text, text: entry["patch"], target: Target(entry["target"])))
            }
        }
        for entry in root["patchesStrategicMerge"]?.elements ?? [] {
            let isInline = entry.scalar?.text.contains("\n") == true
            patches.append(
                Patch(file: isInline ? nil : entry.text, text: isInline ? entry : nil, target: Target(nil)))
        }
        return patches
    }
}

/// One file with patches, and what becomes of it.
struct Rewriting {
    private let bytes: [UInt8]
    private var edits: [TextEdit] = []
    private var diagnostics: [Diagnostic] = []

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func stream(after earlier: ConvertedStream?) -> ConvertedStream {
        let output = TextEdit.apply(edits, to: bytes, in: 0..<bytes.count) ?? bytes
        return ConvertedStream(
            output: output, diagnostics: (earlier?.diagnostics ?? []) + diagnostics, containers: [],
            isChanged: earlier?.isChanged == true || output != bytes)
    }

    /// The whole file is one patch, or a stream of them.
    mutating func rewrite(_ target: KustomizePlan.Target, _ moves: [ContainerMoves], _ options: ConversionOptions) {
        let (changed, found) = Self.rewritten(bytes, target, moves, options)
        diagnostics += found
        if changed != bytes { edits.append(TextEdit(range: 0..<bytes.count, replacement: changed)) }
    }

    /// A patch that stands as a text in the kustomization.
    mutating func rewrite(
        inline node: SourceNode, _ target: KustomizePlan.Target, _ moves: [ContainerMoves], _ options: ConversionOptions
    ) {
        guard let scalar = node.scalar else { return }
        let text = Array(scalar.text.utf8)
        let (changed, found) = Self.rewritten(text, target, moves, options)
        diagnostics += found.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += node.start.line
            diagnostic.offset = node.offset
            return diagnostic
        }
        guard changed != text else { return }
        guard scalar.style == .literal, let block = block(of: node) else {
            diagnostics.append(
                Diagnostic(
                    rule: .patches, line: node.start.line,
                    message: "a patch names a container that moves; write it as a block (|), and it is rewritten",
                    offset: node.offset))
            return
        }
        let margin = [UInt8](repeating: 0x20, count: block.margin)
        let lines = changed.split(separator: 0x0A, omittingEmptySubsequences: false)
        let isWhole = changed.last == 0x0A
        let body = (isWhole ? lines.dropLast() : lines[...]).map { $0.isEmpty ? [] : margin + $0 }
        edits.append(
            TextEdit(range: block.range, replacement: Array(body.joined(separator: [0x0A]))))
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
    private static func rewritten(
        _ bytes: [UInt8], _ target: KustomizePlan.Target, _ moves: [ContainerMoves], _ options: ConversionOptions
    ) -> ([UInt8], [Diagnostic]) {
        guard let root = KustomizeFiles.root(of: bytes) else { return (bytes, []) }
        return root.elements == nil
            ? merge(bytes, target, moves, options) : pointers(bytes, root, moves.filter(target.matches))
    }

    private static func merge(
        _ bytes: [UInt8], _ target: KustomizePlan.Target, _ moves: [ContainerMoves], _ options: ConversionOptions
    ) -> ([UInt8], [Diagnostic]) {
        var options = options
        // Whoever the target selects, or the object that the patch itself names.
        let hasTarget = target.kind != nil || target.name != nil
        options.patched = moves.filter(target.matches).map { move in
            PatchedObject(
                kind: hasTarget ? nil : move.kind, name: hasTarget ? nil : move.name, natives: move.natives)
        }
        guard let converted = try? StreamConverter(options).convert(bytes) else { return (bytes, []) }
        let found = converted.diagnostics.compactMap { diagnostic -> Diagnostic? in
            switch diagnostic.rule {
            case .patchFollows: return diagnostic
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

    private static func pointers(
        _ bytes: [UInt8], _ root: SourceNode, _ moves: [ContainerMoves]
    ) -> ([UInt8], [Diagnostic]) {
        guard let move = moves.first else { return (bytes, []) }
        var edits: [TextEdit] = []
        var found: [Diagnostic] = []
        for operation in root.elements ?? [] {
            for field in ["path", "from"] {
                guard let node = operation.ownPair(field)?.value, let path = node.text else { continue }
                let places = Set(moves.map { $0.pointer(path) })
                guard places.count == 1, let place = move.pointer(path) else {
                    found.append(
                        Diagnostic(
                            rule: .patches, line: node.start.line,
                            message:
                                "\(path) leads elsewhere once \(move.natives.sorted().joined(separator: ", ")) moved",
                            offset: node.offset))
                    continue
                }
                guard place != path else { continue }
                let style = node.scalar?.style
                let quote = style == .doubleQuoted ? "\"" : style == .singleQuoted ? "'" : ""
                edits.append(
                    TextEdit(range: node.offset..<node.end, replacement: Array("\(quote)\(place)\(quote)".utf8)))
                found.append(
                    Diagnostic(
                        rule: .patchFollows, line: node.start.line, message: "\(path) becomes \(place)",
                        offset: node.offset))
            }
        }
        return (TextEdit.apply(edits, to: bytes, in: 0..<bytes.count) ?? bytes, found)
    }
}
