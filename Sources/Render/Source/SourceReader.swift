import YAMLTree

/// Reads a stream document by document, so that only one document's tree is in memory.
struct SourceReader {
    private let bytes: [UInt8]
    private let reader: YAMLEventReader
    private let limits: YAMLLimits
    private var anchors: [String: SourceNode] = [:]
    private var nodes = 0
    private var depth = 0

    init(_ bytes: [UInt8], limits: YAMLLimits) throws(YAMLError) {
        self.bytes = bytes
        self.limits = limits
        reader = try YAMLEventReader(bytes, limits: limits)
    }

    /// The next document, or `nil` behind the last.
    mutating func document() throws(YAMLError) -> SourceDocument? {
        guard let start = try reader.next() else { return nil }
        anchors = [:]
        nodes = 0
        let root = try node(try event())
        let end = try event().end.offset
        return SourceDocument(root: root, range: start.start.offset..<max(end, root.end))
    }

    private func event() throws(YAMLError) -> YAMLEvent {
        guard let event = try reader.next() else { throw YAMLError(at: .start, "the document ends too early") }
        return event
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> SourceNode {
        nodes += 1
        guard nodes <= limits.nodes else {
            throw YAMLError(at: event.start, "the document holds more than \(limits.nodes) values")
        }
        let node: SourceNode
        switch event.kind {
        case .alias(let name):
            guard let target = anchors[name] else {
                throw YAMLError(at: event.start, "*\(name) has no anchor &\(name) before it")
            }
            target.isShared = true
            return SourceNode(.alias(target), start: event.start, end: event.end.offset, isFlow: true)
        case .scalar(let scalar, let properties):
            node = SourceNode(
                .scalar(scalar), start: event.start, end: scalarEnd(scalar, event),
                isFlow: scalar.style != .literal && scalar.style != .folded, properties: properties)
        case .sequenceStart(let properties, let flow):
            node = try sequence(event, properties, flow)
        case .mappingStart(let properties, let flow):
            node = try mapping(event, properties, flow)
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(at: event.start, "expected a value")
        }
        if let anchor = node.properties.anchor { anchors[anchor] = node }
        return node
    }

    private mutating func sequence(
        _ start: YAMLEvent, _ properties: YAMLProperties, _ flow: Bool
    ) throws(YAMLError) -> SourceNode {
        try descend(at: start.start)
        defer { depth -= 1 }
        var elements: [SourceNode] = []
        while true {
            let event = try event()
            if event.kind == .sequenceEnd {
                let end = flow ? event.end.offset : elements.last?.end ?? start.end.offset
                return SourceNode(
                    .sequence(elements), start: start.start, end: end, isFlow: flow, properties: properties)
            }
            elements.append(try node(event))
        }
    }

    private mutating func mapping(
        _ start: YAMLEvent, _ properties: YAMLProperties, _ flow: Bool
    ) throws(YAMLError) -> SourceNode {
        try descend(at: start.start)
        defer { depth -= 1 }
        var pairs: [SourceNode.Pair] = []
        var names: Set<String> = []
        while true {
            let event = try event()
            if event.kind == .mappingEnd {
                let end = flow ? event.end.offset : pairs.last?.value.end ?? start.end.offset
                return SourceNode(.mapping(pairs), start: start.start, end: end, isFlow: flow, properties: properties)
            }
            let key = try node(event)
            guard key.scalar != nil else {
                throw YAMLError(
                    at: event.start, "expected a text as key; is this a template? Convert what it renders")
            }
            if let name = key.scalar?.text, !isNew(name, pairs, &names) {
                throw YAMLError(at: event.start, "the key \(name) stands twice in one mapping; expected it once")
            }
            pairs.append(SourceNode.Pair(key: key, value: try node(try self.event())))
        }
    }

    /// Most mappings are small, where a look at the pairs is quicker than a set.
    private func isNew(_ name: String, _ pairs: [SourceNode.Pair], _ names: inout Set<String>) -> Bool {
        if pairs.count < 12 { return !pairs.contains { $0.name == name } }
        if names.isEmpty { names = Set(pairs.map(\.name)) }
        return names.insert(name).inserted
    }

    private mutating func descend(at mark: YAMLMark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depth else {
            throw YAMLError(at: mark, "values are nested more than \(limits.depth) deep")
        }
    }

    /// libyaml ends a block scalar behind the blank lines that follow it; unless `+` keeps them they are no part of it.
    private func scalarEnd(_ scalar: YAMLScalar, _ event: YAMLEvent) -> Int {
        guard scalar.style == .literal || scalar.style == .folded else { return event.end.offset }
        let header = bytes[event.start.offset...].prefix { $0 != 0x0A && $0 != UInt8(ascii: "#") }
        var end = min(event.end.offset, bytes.count)
        // Behind the last line's text, before its line break: where any other value ends.
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
        if header.contains(UInt8(ascii: "+")) {
            if end > event.start.offset, bytes[end - 1] == 0x0A { end -= 1 }
            if end > event.start.offset, bytes[end - 1] == 0x0D { end -= 1 }
            return end
        }
        while end > event.start.offset + 1, isSpace(bytes[end - 1]) { end -= 1 }
        return end
    }
}
