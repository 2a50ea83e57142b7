import Basics

/// The content of one cgroup file in any of the kernel's forms. An absent file has no values.
struct CgroupFile {
    private let content: [UInt8]?

    init(_ content: [UInt8]?) {
        self.content = content
    }

    /// The file as a single number.
    var number: UInt64? {
        content.flatMap { UInt64(ascii: $0.prefix { !ASCII.isSpace($0) }) }
    }

    /// The number after `key` in a file of `key number` lines.
    func value(of key: StaticString) -> UInt64? {
        guard let content else { return nil }
        for line in content.split(separator: ASCII.newline) {
            let words = line.split(separator: ASCII.space)
            if words.count == 2, Self.equal(words[0], key) { return UInt64(ascii: words[1]) }
        }
        return nil
    }

    /// The sum, over all lines, of the numbers that directly follow `prefix` at the start of a word; nil without such
    /// a file, 0 when no device has done anything yet.
    func sum(of prefix: StaticString) -> UInt64? {
        guard let content else { return nil }
        var sum: UInt64 = 0
        for line in content.split(separator: ASCII.newline) {
            // Every number stands behind the device, so a word's start is a space.
            var rest = line[...]
            while let space = rest.firstIndex(of: ASCII.space) {
                rest = rest[(space + 1)...]
                guard Self.starts(rest, with: prefix) else { continue }
                let digits = rest.dropFirst(prefix.utf8CodeUnitCount).prefix { !ASCII.isSpace($0) }
                sum &+= UInt64(ascii: digits) ?? 0
            }
        }
        return sum
    }

    /// The total of the `some` line of a pressure file, in microseconds.
    var stallTime: UInt64? {
        guard let content else { return nil }
        for line in content.split(separator: ASCII.newline) where Self.starts(line, with: "some ") {
            for word in line.split(separator: ASCII.space) where Self.starts(word, with: "total=") {
                return UInt64(ascii: word.dropFirst("total=".utf8.count))
            }
        }
        return nil
    }

    /// What the kubelet calls the working set: memory less the page cache that is the first to go.
    static func workingSet(of memory: UInt64?, inactive: UInt64?) -> UInt64? {
        guard let memory else { return nil }
        return memory - min(memory, inactive ?? 0)
    }

    private static func equal(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        bytes.count == text.utf8CodeUnitCount && starts(bytes, with: text)
    }

    private static func starts(_ bytes: ArraySlice<UInt8>, with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes.starts(with: $0) }
    }
}
