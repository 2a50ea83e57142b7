package import YAMLTree

/// Converts a long stream on several cores: documents do not depend on each other. The result is that of `StreamConverter`.
package struct ParallelConverter: Sendable {
    private let converter: StreamConverter
    private let cores: Int
    /// So long that starting one costs nothing, and so short that all cores end at about the same time and little is held
    /// beside the stream itself.
    private static let part = 1 << 19

    package init(_ converter: StreamConverter, cores: Int) {
        self.converter = converter
        self.cores = cores
    }

    /// Throws where the text is no YAML, with the first such place.
    package func convert(_ bytes: [UInt8]) async throws(YAMLError) -> Conversion {
        guard cores > 1, bytes.count <= StreamConverter.limits.bytes else { return try converter.convert(bytes) }
        let parts = StreamSplitter.parts(of: bytes, count: bytes.count / Self.part)
        guard parts.count > 1 else { return try converter.convert(bytes) }
        let whole = await withTaskGroup(of: (Int, Result<Conversion, YAMLError>).self) { group in
            var waiting = parts.enumerated().makeIterator()
            func startNext() {
                guard let (index, range) = waiting.next() else { return }
                group.addTask {
                    (index, Result { () throws(YAMLError) in try converter.convert(Array(bytes[range])) })
                }
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
        return whole.conversion
    }
}
