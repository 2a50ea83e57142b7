internal import Basics
internal import ConfigSchema
internal import YAMLTree

extension Shape<String> {
    /// 64 hexadecimal digits, read in either case and kept in lower case.
    static let sha256 = Shape.scalar(
        ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"], expected: "64 hexadecimal digits", show: { .string($0) },
        parse: { scalar in
            let isHexadecimal = scalar.text.utf8.count == 64 && scalar.text.allSatisfy { $0.isASCII && $0.isHexDigit }
            return isHexadecimal ? scalar.text.lowercased() : nil
        })
}

extension Shape<ByteSize> {
    static func size(_ range: ClosedRange<ByteSize>) -> Shape {
        Shape.scalar(
            ["type": "string", "pattern": "^[0-9]+(B|KiB|MiB|GiB|TiB|Ki|Mi|Gi|Ti|KB|MB|GB|TB)?$"],
            expected: ByteSize.expectation, show: { .string($0.description) }, parse: { ByteSize($0.text) }
        ).checked { range.contains($0) ? nil : "expected from \(range.lowerBound) to \(range.upperBound)" }
    }
}
