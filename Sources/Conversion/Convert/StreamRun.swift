import YAMLTree

/// One stream on its way through the conversion, document by document.
struct StreamRun {
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
        fileprivate let findings: Findings
        fileprivate var verification: Verification?
        fileprivate let notes: [Ignores.Note]
        fileprivate let end: Int
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
