/// Values by names that are told apart by their bytes, as stores tell them apart: to `String`, `é` of one character and of
/// two are one.
package struct ByName<Value: Sendable>: Sendable, Sequence {
    private var values: [[UInt8]: Value] = [:]

    package init() {}

    package subscript(name: String) -> Value? {
        get { values[Array(name.utf8)] }
        set { values[Array(name.utf8)] = newValue }
    }

    /// Where a name need not be text.
    package subscript(bytes: [UInt8]) -> Value? {
        get { values[bytes] }
        set { values[bytes] = newValue }
    }

    package var isEmpty: Bool { values.isEmpty }
    package var keys: [String] { values.keys.map { String(decoding: $0, as: UTF8.self) } }

    package func makeIterator() -> AnyIterator<(key: String, value: Value)> {
        var rest = values.makeIterator()
        return AnyIterator { rest.next().map { (String(decoding: $0.key, as: UTF8.self), $0.value) } }
    }
}
