import YAMLTree

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
