import YAMLTree

/// What a text means, without how it is written: aliases filled in, keys in order. For comparing two texts.
indirect enum PlainValue: Equatable {
    case scalar(String, isPlain: Bool, tag: String?)
    case sequence([PlainValue])
    case mapping([Pair])

    struct Pair: Equatable {
        var key: PlainValue
        var value: PlainValue
    }

    /// `nil` beyond `budget` values: aliases that expand without bound.
    init?(_ node: SourceNode, budget: inout Int) {
        budget -= 1
        guard budget > 0 else { return nil }
        let resolved = node.resolved
        switch resolved.content {
        case .scalar(let scalar):
            self = .scalar(scalar.text, isPlain: scalar.style == .plain, tag: resolved.properties.tag)
        case .sequence(let elements):
            var values: [PlainValue] = []
            for element in elements {
                guard let value = PlainValue(element, budget: &budget) else { return nil }
                values.append(value)
            }
            self = .sequence(values)
        case .mapping(let pairs):
            var values: [Pair] = []
            for pair in pairs {
                guard let key = PlainValue(pair.key, budget: &budget),
                    let value = PlainValue(pair.value, budget: &budget)
                else { return nil }
                values.append(Pair(key: key, value: value))
            }
            self = .mapping(values)
        case .alias:
            return nil
        }
    }

    var text: String? {
        if case .scalar(let text, _, _) = self { text } else { nil }
    }

    var elements: [PlainValue] {
        if case .sequence(let elements) = self { elements } else { [] }
    }

    subscript(name: String) -> PlainValue? {
        get {
            guard case .mapping(let pairs) = self else { return nil }
            return pairs.first { $0.key.text == name }?.value
        }
        set {
            guard case .mapping(var pairs) = self else { return }
            let index = pairs.firstIndex { $0.key.text == name }
            switch (index, newValue) {
            case (let index?, let value?): pairs[index].value = value
            case (let index?, nil): pairs.remove(at: index)
            case (nil, let value?):
                pairs.append(Pair(key: .scalar(name, isPlain: true, tag: nil), value: value))
            case (nil, nil): break
            }
            self = .mapping(pairs)
        }
    }

    var isEmpty: Bool {
        switch self {
        case .scalar(let text, let isPlain, _): isPlain && YAMLScalar(text).isNull
        case .sequence(let elements): elements.isEmpty
        case .mapping(let pairs): pairs.isEmpty
        }
    }
}
