/// A stream after its conversion.
package struct Conversion: Sendable {
    /// The whole stream; what no conversion touched is as it was, byte for byte.
    package var output: [UInt8]
    package var diagnostics: [Diagnostic]
    /// Names of the containers that were met, so that a caller can tell a wrong name from one of another file.
    package var containers: Set<String>
    package var isChanged: Bool
}
