import YAMLTree

/// Parts of a stream that mean alone what they mean together.
struct StreamParts: Sendable {
    let ranges: [Range<Int>]
    /// What stands around every part of a list: all before its first item, and all behind its last.
    private(set) var head = 0..<0
    private(set) var tail = 0..<0

    var isList: Bool { !head.isEmpty }

    /// A part as a stream of its own.
    func text(_ index: Int, of bytes: [UInt8]) -> [UInt8] {
        [head, ranges[index], tail].reduce(into: []) { $0 += bytes[$1] }
    }

    /// At most `count` parts of about the same length, each beginning with a document marker but for the first.
    ///
    /// `---` at the margin begins a document wherever it stands, in a block scalar too (YAML 1.2.2 §9.1.2). A directive
    /// belongs to the document below it: a stream that may have one stays whole.
    init(of bytes: [UInt8], count: Int) {
        guard count > 1, !Self.hasDirective(bytes) else {
            ranges = [0..<bytes.count]
            return
        }
        var parts: [Range<Int>] = []
        var start = 0
        for part in 1..<count {
            guard let cut = Self.marker(in: bytes, from: max(start + 1, bytes.count / count * part))
            else { break }
            parts.append(start..<cut)
            start = cut
        }
        ranges = parts + [start..<bytes.count]
    }

    /// The items of a stream that is one list in block style, some in each part. `nil` where it is no such list.
    ///
    /// A line at the items' own margin that begins with a dash begins an item, but for one inside quotes or brackets, where
    /// YAML asks for more indentation and libyaml does not: the part before it then has no end, and is refused.
    init?(ofListIn bytes: [UInt8], length: Int) {
        // As long as this, what is around the items costs nothing to read with each part.
        let short = length / 16
        guard let (head, margin) = Self.listHead(bytes, within: short) else { return nil }
        var ranges: [Range<Int>] = []
        var start = head
        func isDash(_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) -> Bool {
            bytes[offset] == UInt8(ascii: "-")
                && (offset + 1 == bytes.count || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset + 1]))
        }
        let end = bytes.withUnsafeBufferPointer { bytes in
            var line = head
            while line < bytes.count {
                var first = line
                while first < bytes.count, bytes[first] == 0x20 { first += 1 }
                guard first < bytes.count else { break }
                if isDash(bytes, first), first - line == margin {
                    if line - start >= length {
                        ranges.append(start..<line)
                        start = line
                    }
                } else if first - line <= margin, ![0x0A, 0x0D, UInt8(ascii: "#")].contains(bytes[first]) {
                    break
                }
                while line < bytes.count, bytes[line] != 0x0A { line += 1 }
                line += 1
            }
            return min(line, bytes.count)
        }
        guard bytes.count - end <= short, !ranges.isEmpty else { return nil }
        self.ranges = ranges + [start..<end]
        self.head = 0..<head
        tail = end..<bytes.count
    }

    /// The items of a list in JSON, some in each part, as the API server and kubectl write it: commas stand between the parts.
    /// Whoever writes YAML's flow style otherwise gets parts that cannot be read, or none.
    init?(ofJSONListIn bytes: [UInt8], length: Int) {
        let short = length / 16
        let quote = UInt8(ascii: "\"")
        let key = Array("items".utf8)
        var ranges: [Range<Int>] = []
        var head: Int?
        let end = bytes.withUnsafeBufferPointer { bytes -> Int? in
            var (position, start, depth) = (0, 0, 0)
            while position < bytes.count, head != nil || position < short {
                switch bytes[position] {
                case quote:
                    let text = position + 1
                    position = text
                    while position < bytes.count, bytes[position] != quote {
                        position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
                    }
                    guard head == nil, depth == 1, position < bytes.count, bytes[text..<position].elementsEqual(key)
                    else { break }
                    let list = bytes[position...].firstIndex { $0 != quote && $0 != UInt8(ascii: ":") && $0 > 0x20 }
                    guard let list, bytes[list] == UInt8(ascii: "[") else { break }
                    (position, start, depth, head) = (list, list + 1, 2, list + 1)
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    depth -= 1
                    guard head != nil, depth == 1 else { break }
                    ranges.append(start..<position)
                    return position
                case UInt8(ascii: ",") where head != nil && depth == 2 && position - start >= length:
                    ranges.append(start..<position)
                    start = position + 1
                default: break
                }
                position += 1
            }
            return nil
        }
        guard let head, let end, bytes.count - end <= short, ranges.count > 1 else { return nil }
        self.ranges = ranges
        self.head = 0..<head
        tail = end..<bytes.count
    }

    /// Where the first item of the list `items` stands, and how far from the margin.
    private static func listHead(_ bytes: [UInt8], within length: Int) -> (offset: Int, margin: Int)? {
        let text = SourceText(bytes: bytes)
        let key = Array("items:".utf8)
        var line = 0
        var isInside = false
        while line < min(length, bytes.count) {
            let end = text.lineEnd(line)
            let margin = text.indentation(line)
            if isInside, !text.isBlank(line..<end), !text.isComment(line) {
                return bytes[line + margin] == UInt8(ascii: "-") ? (line, margin) : nil
            }
            let rest = bytes[line..<end].dropFirst(key.count)
            if bytes[line..<end].starts(with: key), text.isBlank(rest.startIndex..<rest.endIndex) {
                isInside = true
            }
            line = end
        }
        return nil
    }

    private static func hasDirective(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var previous: UInt8 = 0x0A
            for byte in bytes {
                // Behind a byte order mark, too.
                if byte == UInt8(ascii: "%"), previous == 0x0A || previous == 0x0D || previous == 0xBF {
                    return true
                }
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
    private let parts: StreamParts
    private var early: [Int: Result<ConvertedStream, YAMLError>] = [:]
    private var next = 0
    /// Line breaks before the next part.
    private var lines = 0
    /// Line breaks in what stands before the first item of a list.
    private let headLines: Int
    private(set) var stream = ConvertedStream(
        output: [], diagnostics: [], containers: [], isChanged: false)
    /// The first part that could not be read, or that is not for one part of a list to tell.
    private(set) var failure: YAMLError?

    init(_ bytes: [UInt8], _ parts: StreamParts) {
        self.bytes = bytes
        self.parts = parts
        headLines = Self.lines(bytes[parts.head])
        lines = headLines
        stream.output.reserveCapacity(bytes.count + bytes.count / 8)
        stream.output += bytes[parts.head]
    }

    private static let odd = YAMLError(at: .start, "the list has to be read as a whole")

    private static func lines(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.reduce(0) { $0 + ($1 == 0x0A ? 1 : 0) }
    }

    mutating func take(_ result: Result<ConvertedStream, YAMLError>, of index: Int) {
        early[index] = result
        while failure == nil, let result = early.removeValue(forKey: next) {
            let offset = parts.ranges[next].lowerBound
            // The comma of a list in JSON.
            if next > 0 { stream.output += bytes[parts.ranges[next - 1].upperBound..<offset] }
            switch result {
            case .success(let part): append(part, offset: offset)
            case .failure(var error):
                error.mark = YAMLMark(
                    offset: error.mark.offset + offset, line: error.mark.line + lines,
                    column: error.mark.column)
                failure = error
            }
            lines += Self.lines(bytes[parts.ranges[next]])
            next += 1
        }
        guard next == parts.ranges.count else { return }
        stream.output += bytes[parts.tail]
        // What is said of a list without a pod is said of the whole of it.
        if parts.isList, failure == nil, !stream.hasPods { failure = Self.odd }
    }

    private mutating func append(_ part: ConvertedStream, offset: Int) {
        let (head, tail) = (parts.head, parts.tail)
        let inside = head.count..<head.count + parts.ranges[next].count
        var found = part.diagnostics
        if parts.isList {
            found.removeAll { $0.rule.id == Rule.kindUnknown.id && $0.offset < head.count }
            // A document is converted as a whole or not at all, and what is around the items stays as it is.
            let isOdd =
                part.isRefused || found.contains { !inside.contains($0.offset) }
                || !part.output.starts(with: bytes[head]) || !part.output.suffix(tail.count).elementsEqual(bytes[tail])
            guard !isOdd else {
                failure = Self.odd
                return
            }
        }
        stream.output += part.output[head.count..<part.output.count - tail.count]
        stream.diagnostics += found.map { diagnostic in
            var diagnostic = diagnostic
            diagnostic.line += lines - headLines
            diagnostic.offset += offset - head.count
            return diagnostic
        }
        stream.containers.formUnion(part.containers)
        stream.isChanged = stream.isChanged || part.isChanged
        stream.hasPods = stream.hasPods || part.hasPods
    }
}
