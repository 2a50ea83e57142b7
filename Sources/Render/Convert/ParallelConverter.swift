public import YAMLTree

/// Converts a long stream on several cores: documents do not depend on each other. The result is that of `StreamConverter`.
public struct ParallelConverter: Sendable {
    private let converter: StreamConverter
    private let cores: Int
    /// Below this a part is done before another core has begun.
    private static let leastPart = 256 << 10

    public init(_ converter: StreamConverter, cores: Int) {
        self.converter = converter
        self.cores = cores
    }

    /// Throws where the text is no YAML, with the first such place.
    public func convert(_ bytes: [UInt8]) async throws(YAMLError) -> Conversion {
        let parts = StreamSplitter.parts(of: bytes, count: min(cores, bytes.count / Self.leastPart))
        guard parts.count > 1, bytes.count <= StreamConverter.limits.bytes else { return try converter.convert(bytes) }
        let results = await withTaskGroup(of: (Int, Result<Conversion, YAMLError>).self) { group in
            for (index, range) in parts.enumerated() {
                group.addTask {
                    (index, Result { () throws(YAMLError) in try converter.convert(Array(bytes[range])) })
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        var whole = Conversion(output: [], diagnostics: [], containers: [], isChanged: false)
        whole.output.reserveCapacity(bytes.count + bytes.count / 8)
        var lines = 0
        for (index, range) in parts.enumerated() {
            guard let result = results[index] else { continue }
            switch result {
            case .success(let part): whole.append(part, behind: lines, offset: range.lowerBound)
            case .failure(var error):
                error.mark = error.mark.moved(byLines: lines, offset: range.lowerBound)
                throw error
            }
            if index + 1 < parts.count { lines += bytes[range].reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) } }
        }
        return whole
    }
}

extension Conversion {
    /// Adds what became of the next part of a stream.
    fileprivate mutating func append(_ part: Conversion, behind lines: Int, offset: Int) {
        output += part.output
        diagnostics += part.diagnostics.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += lines
            diagnostic.offset += offset
            return diagnostic
        }
        containers.formUnion(part.containers)
        isChanged = isChanged || part.isChanged
    }
}

extension YAMLMark {
    fileprivate func moved(byLines lines: Int, offset: Int) -> YAMLMark {
        YAMLMark(offset: self.offset + offset, line: line + lines, column: column)
    }
}
