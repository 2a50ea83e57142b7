package import YAMLTree

/// The values of one document, side by side in the order they were written: a document is two blocks of memory, however
/// many values it has. What a collection holds stands behind it, up to its `next`; in a mapping keys and values take
/// turns.
package final class SourceTree: Sendable {
    package struct Record {
        enum Kind {
            case scalar, sequence, mapping, alias
        }

        var kind: Kind
        var style = YAMLScalar.Style.plain
        var isFlow = false
        /// Whether an alias stands for this value elsewhere.
        var isShared = false
        var hasProperties = false
        // Places and counts of a stream that `StreamConverter.limits` bounds fit 32 bits.
        var offset: UInt32
        var line: UInt32
        var column: UInt32
        var end: UInt32
        /// Behind all that is in here: where its neighbour stands.
        var next: UInt32 = 0
        /// A scalar's text, in `texts`.
        var textStart: UInt32 = 0
        var textEnd: UInt32 = 0
        /// What an alias stands for.
        var target: UInt32 = 0
    }

    package let records: [Record]
    package let texts: [UInt8]
    package let properties: [Int: YAMLProperties]

    package init(_ records: [Record], texts: [UInt8], properties: [Int: YAMLProperties]) {
        self.records = records
        self.texts = texts
        self.properties = properties
    }

    /// The value itself, behind an alias.
    package func resolved(_ index: Int) -> Int {
        records[index].kind == .alias ? Int(records[index].target) : index
    }

    /// Where the value behind this one stands.
    package func next(_ index: Int) -> Int { Int(records[index].next) }

    /// The values directly in a collection, keys counted too.
    package func count(_ collection: Int) -> Int {
        var count = 0
        var member = collection + 1
        while member < next(collection) {
            count += 1
            member = next(member)
        }
        return count
    }

    package func text(_ index: Int) -> ArraySlice<UInt8> {
        texts[Int(records[index].textStart)..<Int(records[index].textEnd)]
    }

    package func tag(_ index: Int) -> String? { records[index].hasProperties ? properties[index]?.tag : nil }

    /// Whether a scalar, or the one behind an alias, reads so.
    package func reads(_ index: Int, _ words: String) -> Bool {
        let record = records[resolved(index)]
        var words = words
        return record.kind == .scalar && Int(record.textEnd - record.textStart) == words.utf8.count
            && words.withUTF8 { words in texts[Int(record.textStart)..<Int(record.textEnd)].elementsEqual(words) }
    }

    /// The key `name` of a mapping; its value stands at the key's `next`.
    package func key(_ name: String, in mapping: Int) -> Int? {
        var name = name
        return name.withUTF8 { name in
            var key = mapping + 1
            while key < next(mapping) {
                let record = records[resolved(key)]
                if Int(record.textEnd - record.textStart) == name.count,
                    texts[Int(record.textStart)..<Int(record.textEnd)].elementsEqual(name)
                {
                    return key
                }
                key = next(next(key))
            }
            return nil
        }
    }
}
