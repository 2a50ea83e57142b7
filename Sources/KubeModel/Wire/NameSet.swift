/// Names that matter: all, or those listed and those with certain beginnings.
public struct NameSet: Sendable, ExpressibleByArrayLiteral {
    private var isEverything = false
    private var names: [[UInt8]] = []
    private var prefixes: [[UInt8]] = []

    public init(_ names: [String] = [], prefixes: [String] = []) {
        self.names = names.map { Array($0.utf8) }
        self.prefixes = prefixes.map { Array($0.utf8) }
    }

    public init(arrayLiteral names: String...) { self.init(names, prefixes: []) }

    public static let all: NameSet = {
        var all = NameSet([], prefixes: [])
        all.isEverything = true
        return all
    }()

    public func contains(_ name: String) -> Bool {
        isEverything || names.contains { name.utf8.elementsEqual($0) }
            || prefixes.contains { name.utf8.starts(with: $0) }
    }

    func contains(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        if isEverything { return true }
        for name in names where name.count == range.count && Self.starts(bytes, range, with: name) { return true }
        for prefix in prefixes where prefix.count <= range.count && Self.starts(bytes, range, with: prefix) {
            return true
        }
        return false
    }

    private static func starts(_ bytes: Span<UInt8>, _ range: Range<Int>, with prefix: [UInt8]) -> Bool {
        for index in prefix.indices where bytes[range.lowerBound + index] != prefix[index] { return false }
        return true
    }
}
