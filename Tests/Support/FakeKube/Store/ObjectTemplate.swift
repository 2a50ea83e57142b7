package import Basics
internal import YAMLTree

/// Many objects that differ in a number of fixed width only, so that the bytes of one make all others: a hundred
/// thousand cost no more than their keys.
package final class ObjectTemplate: Sendable {
    /// Stands for the number in the object given to `init`, as often as wanted. Nothing else there may have six zeros in
    /// a row. `"resourceVersion": "1000000"` gives each object a version of its own.
    package static let placeholder = "000000"

    let sample: JSONValue
    private let json: Text
    private let protobuf: Text?

    package init(_ object: JSONValue) {
        sample = object.withoutType
        json = Text(Array(sample.text.utf8))
        let message = KubeSchema.builtIn.message(
            apiVersion: object["apiVersion"]?.string ?? "", kind: object["kind"]?.string ?? "")
        protobuf = message.map { Text(ProtobufEncoder().body(object, $0)) }
    }

    func json(_ number: Int) -> [UInt8] { json.filled(number) }
    func protobuf(_ number: Int) -> [UInt8]? { protobuf?.filled(number) }
    func object(_ number: Int) -> JSONValue { (try? JSONValue(parsing: json(number))) ?? .null }

    /// `namespace/name`.
    func key(_ number: Int) -> String {
        let path = [sample.text(at: "metadata.namespace"), sample.text(at: "metadata.name")].compactMap(\.self)
        return String(decoding: Text(Array(path.joined(separator: "/").utf8)).filled(number), as: UTF8.self)
    }

    private struct Text: Sendable {
        private var bytes: [UInt8]
        private var places: [Int] = []

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            let digits = Array(ObjectTemplate.placeholder.utf8)
            var index = 0
            while index + digits.count <= bytes.count {
                if bytes[index..<index + digits.count].elementsEqual(digits) {
                    places.append(index)
                    index += digits.count
                } else {
                    index += 1
                }
            }
        }

        /// With a number below a million in all places.
        func filled(_ number: Int) -> [UInt8] {
            var result = bytes
            var rest = number
            for digit in (0..<ObjectTemplate.placeholder.utf8.count).reversed() {
                for place in places { result[place + digit] = UInt8(ascii: "0") + UInt8(rest % 10) }
                rest /= 10
            }
            return result
        }
    }
}
