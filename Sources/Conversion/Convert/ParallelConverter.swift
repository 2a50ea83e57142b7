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
    private var early: [Int: Result<Conversion, YAMLError>] = [:]
    private var next = 0
    /// Line breaks before the next part.
    private var lines = 0
    private(set) var conversion = Conversion(output: [], diagnostics: [], containers: [], isChanged: false)
    /// The first part that could not be read.
    private(set) var failure: YAMLError?

    init(_ bytes: [UInt8], _ parts: [Range<Int>]) {
        self.bytes = bytes
        self.parts = parts
        conversion.output.reserveCapacity(bytes.count + bytes.count / 8)
    }

    mutating func take(_ result: Result<Conversion, YAMLError>, of index: Int) {
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

    private mutating func append(_ part: Conversion, offset: Int) {
        conversion.output += part.output
        conversion.diagnostics += part.diagnostics.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += lines
            diagnostic.offset += offset
            return diagnostic
        }
        conversion.containers.formUnion(part.containers)
        conversion.isChanged = conversion.isChanged || part.isChanged
    }
}
