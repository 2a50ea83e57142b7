/// Builds trees from events: aliases and merge keys filled in, duplicate keys refused, within limits.
struct YAMLComposer {
    private let reader: YAMLEventReader
    private let limits: YAMLLimits
    /// Nodes made so far, those behind aliases counted each time.
    private var nodes = 0
    private var depth = 0
    /// Finished nodes by anchor, with the nodes each stands for. A later anchor of that name replaces an earlier one.
    private var anchors: [String: (node: YAMLNode, weight: Int)] = [:]

    init(_ reader: YAMLEventReader, limits: YAMLLimits) {
        self.reader = reader
        self.limits = limits
    }

    /// The next document, or `nil` behind the last. A document without content is a null scalar.
    mutating func document() throws(YAMLError) -> YAMLNode? {
        guard let start = try reader.next() else { return nil }
        anchors = [:]
        nodes = 0
        guard let event = try reader.next() else { throw unexpectedEnd(start) }
        let root = try node(event)
        _ = try reader.next()
        return root
    }

    private mutating func node(_ event: YAMLEvent) throws(YAMLError) -> YAMLNode {
        let before = nodes
        try count(1, at: event.start)
        switch event.kind {
        case .alias:
            let name = reader.text(of: event)
            guard let (node, weight) = anchors[name] else {
                throw YAMLError.missingAnchor(name, at: event.start)
            }
            try count(weight - 1, at: event.start)
            return node
        case .scalar:
            let scalar = YAMLScalar(reader.text(of: event), style: event.style)
            return finish(.scalar(scalar), properties(of: event), event.start, since: before)
        case .sequenceStart:
            let properties = properties(of: event)
            return finish(try sequence(event), properties, event.start, since: before)
        case .mappingStart:
            let properties = properties(of: event)
            return finish(try mapping(event), properties, event.start, since: before)
        case .documentStart, .documentEnd, .sequenceEnd, .mappingEnd:
            throw YAMLError(at: event.start, "expected a value")
        }
    }

    /// Asked before what is in a collection is read: the reader knows them of its last event.
    private func properties(of event: YAMLEvent) -> YAMLProperties {
        event.hasProperties ? reader.properties(of: event) : YAMLProperties()
    }

    private mutating func finish(
        _ content: YAMLNode.Content, _ properties: YAMLProperties, _ mark: YAMLMark, since before: Int
    ) -> YAMLNode {
        let node = YAMLNode(content, at: mark, tag: properties.tag)
        if let anchor = properties.anchor { anchors[anchor] = (node, nodes - before) }
        return node
    }

    private mutating func sequence(_ start: YAMLEvent) throws(YAMLError) -> YAMLNode.Content {
        try descend(at: start.start)
        defer { depth -= 1 }
        var elements: [YAMLNode] = []
        while let event = try reader.next() {
            if event.kind == .sequenceEnd { return .sequence(elements) }
            elements.append(try node(event))
        }
        throw unexpectedEnd(start)
    }

    private mutating func mapping(_ start: YAMLEvent) throws(YAMLError) -> YAMLNode.Content {
        try descend(at: start.start)
        defer { depth -= 1 }
        var mapping = YAMLMapping()
        var merged: YAMLNode?
        while let event = try reader.next() {
            if event.kind == .mappingEnd {
                if let merged { try merge(merged, into: &mapping) }
                return .mapping(mapping)
            }
            let keyNode = try node(event)
            guard let key = keyNode.scalar else {
                throw YAMLError(at: event.start, "expected a text as key, found \(keyNode.kindInWords)")
            }
            guard let valueEvent = try reader.next() else { throw unexpectedEnd(start) }
            let value = try node(valueEvent)
            if key == Self.mergeKey, keyNode.tag == nil {
                guard merged == nil else { throw duplicate(key.text, event.start) }
                merged = value
            } else if !mapping.append(.init(key: key.text, keyMark: event.start, value: value)) {
                throw duplicate(key.text, event.start)
            }
        }
        throw unexpectedEnd(start)
    }

    private static let mergeKey = YAMLScalar("<<")

    /// https://yaml.org/type/merge.html: a mapping's own keys win, then those of earlier mappings of the list.
    private mutating func merge(_ node: YAMLNode, into mapping: inout YAMLMapping) throws(YAMLError) {
        for source in node.sequence ?? [node] {
            guard let source = source.mapping else {
                throw YAMLError(
                    at: node.mark, "<< expects a mapping or a list of mappings, found \(source.kindInWords)")
            }
            try count(source.pairs.count, at: node.mark)
            for pair in source.pairs { mapping.append(pair) }
        }
    }

    private mutating func descend(at mark: YAMLMark) throws(YAMLError) {
        depth += 1
        guard depth <= limits.depth else {
            throw YAMLError(at: mark, "values are nested more than \(limits.depth) deep")
        }
    }

    private mutating func count(_ more: Int, at mark: YAMLMark) throws(YAMLError) {
        let (sum, overflow) = nodes.addingReportingOverflow(more)
        guard !overflow, sum <= limits.nodes else {
            throw YAMLError(at: mark, "the document stands for more than \(limits.nodes) values, aliases filled in")
        }
        nodes = sum
    }

    private func duplicate(_ key: String, _ mark: YAMLMark) -> YAMLError {
        YAMLError(at: mark, "the key \(key) stands twice in one mapping")
    }

    private func unexpectedEnd(_ event: YAMLEvent) -> YAMLError {
        YAMLError(at: event.start, "the document ends in the middle of this value")
    }
}
