import YAMLTree

/// Many objects that differ in a number of fixed width only, so that the text of one makes all others.
public final class ObjectTemplate: Sendable {
    /// Stands for the number in the text given to `init`, as often as wanted.
    public static let placeholder = "000000"
    /// Stands for the object's resource version, made of `firstVersion` and the number.
    public static let versionPlaceholder = "1000000"

    private let text: [UInt8]
    private let places: [Int]

    /// `json`: one object in which `placeholder` stands wherever the number belongs.
    public init(json: String) {
        text = Array(json.utf8)
        let digits = Array(Self.placeholder.utf8)
        var places: [Int] = []
        var index = 0
        while index + digits.count <= text.count {
            if text[index..<index + digits.count].elementsEqual(digits) {
                places.append(index)
                index += digits.count
            } else {
                index += 1
            }
        }
        self.places = places
    }

    /// The JSON text of object `number`, below a million.
    func json(_ number: Int) -> [UInt8] {
        var digits: [UInt8] = []
        var rest = number
        for _ in 0..<Self.placeholder.utf8.count {
            digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        }
        digits.reverse()
        var text = text
        for place in places {
            for (offset, digit) in digits.enumerated() { text[place + offset] = digit }
        }
        return text
    }

    func object(_ number: Int) -> JSONValue {
        (try? JSONValue(parsing: json(number))) ?? .null
    }
}
