package import YAMLTree

/// Converts the pods of a stream of YAML documents, or of one JSON document: `render` whole files, the webhook one pod. A
/// document converts as a whole or stays as it was. Reads no file, no clock and no cluster.
package struct StreamConverter: Sendable {
    /// What a stream may cost: generated manifests can be large.
    package static let limits = YAMLLimits(bytes: 256 << 20, depth: 200, nodes: 4_000_000)
    /// Bytes that one core converts at a time: so many that starting costs nothing, and so few that all cores end at about
    /// the same time and little is held beside the stream itself.
    private static let partLength = 1 << 19

    private let options: ConversionOptions

    package init(_ options: ConversionOptions) { self.options = options }

    /// The same as without `cores`, on several of them: documents do not depend on each other.
    ///
    /// Throws where the text is no YAML, with the first such place.
    package func convert(_ bytes: [UInt8], cores: Int) async throws(YAMLError) -> ConvertedStream {
        if options.detectsKnown, options.services == nil {
            return try await withServices(of: bytes).convert(bytes, cores: cores)
        }
        guard cores > 1, bytes.count <= Self.limits.bytes else { return try convert(bytes) }
        let parts = StreamSplitter.parts(of: bytes, count: bytes.count / Self.partLength)
        guard parts.count > 1 else { return try convert(bytes) }
        let whole = await withTaskGroup(of: (Int, Result<ConvertedStream, YAMLError>).self) { group in
            var waiting = parts.enumerated().makeIterator()
            func startNext() {
                guard let (index, range) = waiting.next() else { return }
                group.addTask { (index, Result { () throws(YAMLError) in try convert(Array(bytes[range])) }) }
            }
            for _ in 0..<cores { startNext() }
            var whole = StreamAssembly(bytes, parts)
            while let (index, result) = await group.next() {
                whole.take(result, of: index)
                if whole.failure == nil { startNext() }
            }
            return whole
        }
        if let failure = whole.failure { throw failure }
        return whole.stream
    }

    /// Throws where the text is no YAML; nothing of it is converted then.
    package func convert(_ bytes: [UInt8]) throws(YAMLError) -> ConvertedStream {
        if options.detectsKnown, options.services == nil { return try withServices(of: bytes).convert(bytes) }
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
        let output = edits.isEmpty ? bytes : TextEdit.apply(edits, to: bytes, in: 0..<bytes.count) ?? bytes
        return ConvertedStream(
            output: output, diagnostics: findings.diagnostics, containers: names, isChanged: !edits.isEmpty)
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
        of document: SourceDocument, _ text: SourceText, _ findings: inout Findings, _ names: inout Set<String>
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

/// Where a stream can be cut so that its parts mean what they mean together.
enum StreamSplitter {
    /// At most `count` parts of about the same length, each beginning with a document marker but for the first.
    ///
    /// `---` at the margin begins a document wherever it stands, in a block scalar too (YAML 1.2.2 §9.1.2). A directive
    /// belongs to the document below it: a stream that may have one stays whole.
    static func parts(of bytes: [UInt8], count: Int) -> [Range<Int>] {
        guard count > 1, !hasDirective(bytes) else { return [0..<bytes.count] }
        var parts: [Range<Int>] = []
        var start = 0
        for part in 1..<count {
            guard let cut = marker(in: bytes, from: max(start + 1, bytes.count / count * part)) else { break }
            parts.append(start..<cut)
            start = cut
        }
        return parts + [start..<bytes.count]
    }

    private static func hasDirective(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var previous: UInt8 = 0x0A
            for byte in bytes {
                // Behind a byte order mark, too.
                if byte == UInt8(ascii: "%"), previous == 0x0A || previous == 0x0D || previous == 0xBF { return true }
                previous = byte
            }
            return false
        }
    }

    /// The start of the next line that is a document marker.
    private static func marker(in bytes: [UInt8], from offset: Int) -> Int? {
        let ends: Set<UInt8> = [0x0A, 0x0D, 0x20, 0x09]
        return bytes.withUnsafeBufferPointer { bytes in
            var position = offset
            while position + 3 < bytes.count {
                if bytes[position] == UInt8(ascii: "-"), bytes[position + 1] == UInt8(ascii: "-"),
                    bytes[position + 2] == UInt8(ascii: "-"), bytes[position - 1] == 0x0A,
                    ends.contains(bytes[position + 3])
                {
                    return position
                }
                position += 1
            }
            return nil
        }
    }
}

/// Puts what became of the parts of a stream together again, in their order and with their places.
struct StreamAssembly {
    private let bytes: [UInt8]
    private let parts: [Range<Int>]
    private var early: [Int: Result<ConvertedStream, YAMLError>] = [:]
    private var next = 0
    /// Line breaks before the next part.
    private var lines = 0
    private(set) var stream = ConvertedStream(output: [], diagnostics: [], containers: [], isChanged: false)
    /// The first part that could not be read.
    private(set) var failure: YAMLError?

    init(_ bytes: [UInt8], _ parts: [Range<Int>]) {
        self.bytes = bytes
        self.parts = parts
        stream.output.reserveCapacity(bytes.count + bytes.count / 8)
    }

    mutating func take(_ result: Result<ConvertedStream, YAMLError>, of index: Int) {
        early[index] = result
        while failure == nil, let result = early.removeValue(forKey: next) {
            let offset = parts[next].lowerBound
            switch result {
            case .success(let part): append(part, offset: offset)
            case .failure(var error):
                error.mark = YAMLMark(
                    offset: error.mark.offset + offset, line: error.mark.line + lines, column: error.mark.column)
                failure = error
            }
            lines += bytes[parts[next]].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
            next += 1
        }
    }

    private mutating func append(_ part: ConvertedStream, offset: Int) {
        stream.output += part.output
        stream.diagnostics += part.diagnostics.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += lines
            diagnostic.offset += offset
            return diagnostic
        }
        stream.containers.formUnion(part.containers)
        stream.isChanged = stream.isChanged || part.isChanged
    }
}
