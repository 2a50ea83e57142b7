/// A stream after its conversion.
public struct Conversion: Sendable {
    /// The whole stream; what no conversion touched is as it was, byte for byte.
    public var output: [UInt8]
    public var diagnostics: [Diagnostic]
    /// Names of the containers that were met, so that a caller can tell a wrong name from one of another file.
    public var containers: Set<String>
    public var isChanged: Bool
}
