/// Status and header fields of a final response; its body goes to the sink.
public struct HTTPResponseHead: Sendable, Equatable {
    public var status: Int
    public var headers: HTTPHeaders
    /// As the status line has it: `1.0`, `1.1` or `2`.
    public var version: String
    /// Fields that came after the body (gRPC's status is one); known once the body has ended.
    public var trailers: HTTPHeaders = [:]

    public init(status: Int, headers: HTTPHeaders = [:], version: String = "1.1") {
        self.status = status
        self.headers = headers
        self.version = version
    }

    public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Header fields in the order they were added; names compare without regard to ASCII case (RFC 9110 §5.1).
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    public private(set) var fields: [(name: String, value: String)]

    public init() { fields = [] }

    public init(dictionaryLiteral elements: (String, String)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.name == $1.name && $0.value == $1.value }
    }

    /// The first value of that name; assigning replaces every field of that name, `nil` removes them.
    public subscript(name: String) -> String? {
        get { fields.first { $0.name.equalsIgnoringASCIICase(name) }?.value }
        set {
            fields.removeAll { $0.name.equalsIgnoringASCIICase(name) }
            if let newValue { add(name, newValue) }
        }
    }

    /// Adds one more field, whether or not the name is there already.
    public mutating func add(_ name: String, _ value: String) {
        fields.append((name: name, value: value))
    }
}

extension String {
    func equalsIgnoringASCIICase(_ other: String) -> Bool {
        // Most names differ in length, which costs nothing to see.
        utf8.count == other.utf8.count
            && utf8.elementsEqual(other.utf8) { $0 == $1 || $0.asciiLowercased == $1.asciiLowercased }
    }
}

extension UInt8 {
    fileprivate var asciiLowercased: UInt8 { (0x41...0x5A).contains(self) ? self | 0x20 : self }
}
