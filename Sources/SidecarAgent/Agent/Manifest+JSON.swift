import FoundationEssentials
import Transfer

extension Manifest {
    /// For people and programs: keys sorted, indented.
    func json() throws(TransferError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            throw TransferError(
                object: ManifestLocation.name, reason: .protocolViolation, message: "the manifest cannot be encoded")
        }
    }
}
