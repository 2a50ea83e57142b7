/// Pairs in the order they were written. Keys are texts; no key stands twice.
package struct YAMLMapping: Sendable, Equatable {
    package struct Pair: Sendable, Equatable {
        package var key: String
        package var keyMark: YAMLMark
        package var value: YAMLNode

        package init(key: String, keyMark: YAMLMark = .start, value: YAMLNode) {
            self.key = key
            self.keyMark = keyMark
            self.value = value
        }

        /// Equal values; places do not count.
        package static func == (left: Pair, right: Pair) -> Bool { left.key == right.key && left.value == right.value }
    }

    package private(set) var pairs: [Pair] = []
    /// Where a key stands in `pairs`; made once a search from the front would be slow.
    private var index: [String: Int] = [:]

    private static let searchedFromTheFront = 8

    package init() {}

    package static func == (left: YAMLMapping, right: YAMLMapping) -> Bool { left.pairs == right.pairs }

    package subscript(key: String) -> YAMLNode? { position(of: key).map { pairs[$0].value } }

    /// Adds a pair behind the others; `false`, and nothing is added, where the key is there already.
    @discardableResult
    package mutating func append(_ pair: Pair) -> Bool {
        guard position(of: pair.key) == nil else { return false }
        if pairs.count == Self.searchedFromTheFront {
            for (position, pair) in pairs.enumerated() { index[pair.key] = position }
        }
        if pairs.count >= Self.searchedFromTheFront { index[pair.key] = pairs.count }
        pairs.append(pair)
        return true
    }

    /// Puts `value` at `key`, in the place of an earlier one or behind the others.
    package mutating func set(_ key: String, to value: YAMLNode) {
        if let position = position(of: key) {
            pairs[position].value = value
        } else {
            append(Pair(key: key, keyMark: value.mark, value: value))
        }
    }

    private func position(of key: String) -> Int? {
        pairs.count <= Self.searchedFromTheFront ? pairs.firstIndex { $0.key == key } : index[key]
    }
}
