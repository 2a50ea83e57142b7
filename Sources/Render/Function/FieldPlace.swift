import YAMLTree

/// Which item of a list a place of its text belongs to, and the path of the field in there.
struct FieldPlace {
    private(set) var item: Int?
    /// `spec.template.spec.containers[1].lifecycle`
    private(set) var path = ""

    init(of offset: Int, in list: YAMLNode) {
        guard let items = list["items"]?.sequence,
            let index = items.lastIndex(where: { $0.mark.offset <= offset })
        else { return }
        item = index
        descend(items[index], offset)
    }

    private mutating func descend(_ node: YAMLNode, _ offset: Int) {
        switch node.content {
        case .scalar: return
        case .sequence(let elements):
            guard let index = elements.lastIndex(where: { $0.mark.offset <= offset }) else { return }
            path += "[\(index)]"
            if elements[index].mark.offset < offset { descend(elements[index], offset) }
        case .mapping(let mapping):
            // A mapping begins where its first key does: a place there is the mapping's.
            guard node.mark.offset < offset, let pair = mapping.pairs.last(where: { $0.keyMark.offset <= offset })
            else {
                return
            }
            path += path.isEmpty ? pair.key : ".\(pair.key)"
            if pair.value.mark.offset <= offset { descend(pair.value, offset) }
        }
    }
}
