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
