package import PodRules
package import YAMLTree

/// What is to be converted, and which way.
package struct ConversionOptions: Sendable, Equatable {
    package enum Direction: Sendable {
        case toNative
        case toOrdinary
    }

    package var direction = Direction.toNative
    /// Sidecars besides the marked ones.
    package var sidecars: Set<String> = []
    /// In pods that have this container all others are sidecars.
    package var primary: String?
    /// What makes a container a sidecar.
    package var rules = MarkerRules()
    /// Known sidecars count in every pod, not only in those that carry a marker.
    package var countsKnown = false
    /// The same where nothing speaks against it, and what will be injected is told of.
    package var detectsKnown = false
    /// Containers with `restartPolicy: Always` count: whoever writes that means a native sidecar.
    package var countsMeant = true
    /// A pod that is to end and loses its markers asks for known sidecars to count: others may inject some after us.
    package var keepsMarked = false
    /// Where detection looks up whom a Service leads to; without any, those of the stream count.
    package var services: ServicePorts?
    /// Where custom resources keep their pods: `spec.workers[].template.spec`.
    package var podSpecPaths: [String] = []
    package var kubeVersion: KubeVersion?
    /// Notes are made as well: several a container, which cost more than its conversion, and mostly nobody reads.
    package var tellsNotes = true
    /// Most seconds that a sidecar may ask to be left alone after main's end; `nil`: any.
    package var lingerLimit: Int?
    /// The documents are strategic merge patches: what they say of these containers moves with them, and nothing else changes.
    package var patched: [PatchedObject]?

    package init() {}

    var namesContainers: Bool { !sidecars.isEmpty || primary != nil }
}

/// An object that a patch is for, and which of its containers are native there.
package struct PatchedObject: Sendable, Equatable {
    /// `nil`: of any kind, with any name.
    package var kind: String?
    package var name: String?
    package var natives: Set<String>

    package init(kind: String?, name: String?, natives: Set<String>) {
        self.kind = kind
        self.name = name
        self.natives = natives
    }
}

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
        let items =
            StreamParts(ofListIn: bytes, length: partLength) ?? StreamParts(ofJSONListIn: bytes, length: partLength)
        guard let items,
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
        var run = try StreamRun(bytes, options)
        while let document = try run.next() { run.take(consume document) }
        return run.finish()
    }

    /// A Service and the pods that it leads to stand in one stream, in any order.
    private func withServices(of bytes: [UInt8]) -> StreamConverter {
        var options = options
        var services = ServicePorts()
        services.add(bytes)
        options.services = services
        return StreamConverter(options)
    }
}

/// A stream after its conversion.
package struct ConvertedStream: Sendable {
    /// The whole stream; what no conversion touched is as it was, byte for byte.
    package var output: [UInt8]
    package var diagnostics: [Diagnostic]
    /// Where options name containers: those that were met, so that a caller can tell a wrong name from one of another file.
    package var containers: Set<String>
    package var isChanged: Bool
    /// Whether it has a pod.
    var hasPods = false

    package init(output: [UInt8], diagnostics: [Diagnostic], containers: Set<String>, isChanged: Bool) {
        self.output = output
        self.diagnostics = diagnostics
        self.containers = containers
        self.isChanged = isChanged
    }

    /// Whether something was left as it was, for what the errors among the diagnostics say.
    package var isRefused: Bool { diagnostics.contains { $0.rule.severity == .error } }
}

/// One stream on its way through the conversion, document by document.
private struct StreamRun {
    private let text: SourceText
    private let options: ConversionOptions
    private var ignores: Ignores
    private var reader: SourceReader
    private var stream = ConvertedStream(output: [], diagnostics: [], containers: [], isChanged: false)
    /// Behind what stands in the output already.
    private var done = 0
    /// Behind the document before.
    private var start = 0

    /// What is to become of a document. It holds no tree: of a large document only one is in memory at a time, that which
    /// was or that which came of it.
    struct Decision {
        let findings: Findings
        var verification: Verification?
        let notes: [Ignores.Note]
        let end: Int
    }

    init(_ bytes: [UInt8], _ options: ConversionOptions) throws(YAMLError) {
        reader = try SourceReader(bytes, limits: StreamConverter.limits)
        text = SourceText(bytes: bytes)
        ignores = Ignores(text)
        self.options = options
    }

    /// Reads the next document; `nil` behind the last.
    mutating func next() throws(YAMLError) -> Decision? {
        guard let document = try reader.document() else { return nil }
        var findings = Findings(options)
        var verification: Verification?
        do throws(EditRefusal) {
            verification = try Verification(change(of: document, &findings), of: document, text, options)
        } catch {
            findings = Findings(error)
        }
        return Decision(
            findings: findings, verification: verification, notes: ignores.notes(of: document, from: start),
            end: document.range.upperBound)
    }

    mutating func take(_ document: consuming Decision) {
        var findings = document.findings
        do throws(EditRefusal) {
            if let range = document.verification?.range, let changed = try document.verification?.text(of: text) {
                append(changed, in: range)
            }
        } catch {
            findings = Findings(error)
        }
        ignores.apply(document.notes, to: &findings)
        if stream.diagnostics.isEmpty {
            stream.diagnostics = findings.diagnostics
        } else {
            stream.diagnostics += findings.diagnostics
        }
        start = document.end
    }

    consuming func finish() -> ConvertedStream {
        // What did not change is not copied.
        if stream.isChanged { stream.output += text.bytes[done...] } else { stream.output = text.bytes }
        return stream
    }

    private mutating func append(_ changed: [UInt8], in range: Range<Int>) {
        stream.isChanged = true
        let same = text.bytes[done..<range.lowerBound]
        done = range.upperBound
        // Nor is one large document.
        guard !(stream.output.isEmpty && same.isEmpty) else {
            stream.output = changed
            return
        }
        stream.output += same
        stream.output += changed
    }

    private mutating func change(
        of document: SourceDocument, _ findings: inout Findings
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
            let count = findings.diagnostics.count
            do throws(EditRefusal) {
                let pod = try ManifestPod(place)
                stream.hasPods = true
                if options.namesContainers {
                    stream.containers.formUnion((pod.containers + pod.initContainers).map(\.name))
                }
                var editor = PodEditor(pod, text, options)
                try editor.moveSidecars(&findings)
                change.add(editor)
            } catch  where isTransport {
                findings.remove(from: count)
                findings.add(error.rule, at: error.mark, error.message)
                change.moved.append([])
            }
        }
        return change
    }
}

/// What is to become of one document.
struct DocumentChange {
    private(set) var edits = TextEdits()
    /// Where its pods stand.
    var places: [PodPlace] = []
    /// The names of the moved containers, pod by pod.
    var moved: [Set<String>] = []
    /// Annotations that are taken away.
    private(set) var dropped: Set<String> = []

    mutating func add(_ editor: PodEditor) {
        edits.add(editor.edits)
        moved.append(editor.moved)
        dropped.formUnion(editor.dropped)
    }
}
