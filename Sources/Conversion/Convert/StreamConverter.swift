package import YAMLTree

/// Converts the pods of a stream of YAML documents, or of one JSON document: `render` whole files, the webhook one pod. A
/// document converts as a whole or stays as it was. Reads no file, no clock and no cluster.
package struct StreamConverter: Sendable {
    /// What a stream may cost: generated manifests can be large.
    package static let limits = YAMLLimits(bytes: 256 << 20, depth: 200, nodes: 4_000_000)
    /// Bytes that one core converts at a time: so many that starting costs nothing, and so few that all cores end at about
    /// the same time and little is held beside the stream itself.
    var partLength = 1 << 19

    private let options: ConversionOptions

    package init(_ options: ConversionOptions) { self.options = options }

    /// The same as without `cores`, on several of them and with little beside the stream in memory: documents do not depend
    /// on each other, and neither do the items of a list.
    ///
    /// Throws where the text is no YAML, with the first such place.
    package func convert(_ bytes: [UInt8], cores: Int) async throws(YAMLError) -> ConvertedStream {
        if options.detectsKnown, options.services == nil {
            return try await withServices(of: bytes).convert(bytes, cores: cores)
        }
        guard bytes.count <= Self.limits.bytes, bytes.count > 2 * partLength else {
            return try convert(bytes)
        }
        let documents = StreamParts(of: bytes, count: bytes.count / partLength)
        if documents.ranges.count > 1 {
            return try await converted(bytes, documents, cores: cores).get()
        }
        // What is odd about a list, as far as one of its parts can tell, is told of the whole of it.
        guard let items = StreamParts(ofListIn: bytes, length: partLength),
            case .success(let stream) = await converted(bytes, items, cores: cores)
        else { return try convert(bytes) }
        return stream
    }

    private func converted(
        _ bytes: [UInt8], _ parts: StreamParts, cores: Int
    ) async -> Result<ConvertedStream, YAMLError> {
        await withTaskGroup(of: (Int, Result<ConvertedStream, YAMLError>).self) { group in
            var waiting = parts.ranges.indices.makeIterator()
            func startNext() {
                guard let index = waiting.next() else { return }
                group.addTask {
                    (index, Result { () throws(YAMLError) in try convert(parts.text(index, of: bytes)) })
                }
            }
            for _ in 0..<cores { startNext() }
            var whole = StreamAssembly(bytes, parts)
            while let (index, result) = await group.next() {
                whole.take(result, of: index)
                if whole.failure == nil { startNext() }
            }
            return whole.failure.map { .failure($0) } ?? .success(whole.stream)
        }
    }

    /// Throws where the text is no YAML; nothing of it is converted then.
    package func convert(_ bytes: [UInt8]) throws(YAMLError) -> ConvertedStream {
        if options.detectsKnown, options.services == nil {
            return try withServices(of: bytes).convert(bytes)
        }
        var reader = try SourceReader(bytes, limits: Self.limits)
        let text = SourceText(bytes: bytes)
        var edits: [TextEdit] = []
        var findings = Findings()
        var names: Set<String> = []
        let ignores = Ignores(text)
        var start = 0
        while let document = try reader.document() {
            var local = Findings()
            do throws(EditRefusal) {
                let change = try change(of: document, text, &local, &names)
                try Verification.check(change, of: document, text, podSpecPaths: options.podSpecPaths)
                edits += change.edits
            } catch {
                local = Findings()
                local.add(error.rule, at: error.mark, error.message)
            }
            ignores.apply(to: &local, of: document, from: start)
            findings.add(local)
            start = document.range.upperBound
        }
        let output =
            edits.isEmpty ? bytes : TextEdit.apply(edits, to: bytes, in: 0..<bytes.count) ?? bytes
        return ConvertedStream(
            output: output, diagnostics: findings.diagnostics, containers: names,
            isChanged: !edits.isEmpty)
    }

    /// A Service and the pods that it leads to stand in one stream, in any order.
    private func withServices(of bytes: [UInt8]) -> StreamConverter {
        var options = options
        var services = ServicePorts()
        services.add(bytes)
        options.services = services
        return StreamConverter(options)
    }

    private func change(
        of document: SourceDocument, _ text: SourceText, _ findings: inout Findings,
        _ names: inout Set<String>
    ) throws(EditRefusal) -> DocumentChange {
        var change = DocumentChange()
        let found = try PodFinder(customPaths: options.podSpecPaths).find(in: document.root)
        change.places = found.pods
        if options.direction == .toNative { findings.look(atUnreachedIn: found, options) }
        if found.pods.isEmpty, let unknown = found.unknown.last {
            let kind = unknown["kind"]?.text ?? "a document without kind"
            let keeper = PodKind.keeper(of: unknown["apiVersion"]?.text).map { " (\($0))" } ?? ""
            findings.add(.kindUnknown, at: document.root, "passed on as it is: \(kind)\(keeper)")
            findings.look(atKustomization: document.root)
        }
        // A function's list is transport: each of its items is a document.
        let isTransport = document.root["kind"]?.text == "ResourceList"
        for place in found.pods {
            do throws(EditRefusal) {
                var local = Findings()
                let pod = try ManifestPod(place)
                names.formUnion((pod.containers + pod.initContainers).map(\.name))
                var editor = PodEditor(pod, text, options)
                try editor.moveSidecars(&local)
                change.add(editor)
                findings.add(local)
            } catch  where isTransport {
                findings.add(error.rule, at: error.mark, error.message)
                change.moved.append([])
            }
        }
        return change
    }
}

/// A stream after its conversion.
package struct ConvertedStream: Sendable {
    /// The whole stream; what no conversion touched is as it was, byte for byte.
    package var output: [UInt8]
    package var diagnostics: [Diagnostic]
    /// Names of the containers that were met, so that a caller can tell a wrong name from one of another file.
    package var containers: Set<String>
    package var isChanged: Bool

    package init(output: [UInt8], diagnostics: [Diagnostic], containers: Set<String>, isChanged: Bool) {
        self.output = output
        self.diagnostics = diagnostics
        self.containers = containers
        self.isChanged = isChanged
    }

    /// Whether something was left as it was, for what the errors among the diagnostics say.
    package var isRefused: Bool { diagnostics.contains { $0.rule.severity == .error } }
}

/// What is to become of one document.
struct DocumentChange {
    private(set) var edits: [TextEdit] = []
    /// Where its pods stand.
    var places: [PodPlace] = []
    /// The names of the moved containers, pod by pod.
    var moved: [Set<String>] = []
    /// Annotations that are taken away.
    private(set) var dropped: Set<String> = []

    mutating func add(_ editor: PodEditor) {
        edits += editor.edits
        moved.append(editor.moved)
        dropped.formUnion(editor.dropped)
    }
}
