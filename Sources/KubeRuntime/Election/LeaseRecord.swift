internal import YAMLTree

/// What a `Lease` (coordination.k8s.io/v1) says about its holder.
///
/// Its times are kept as they are written: they tell that something has changed, and people when; they are never
/// compared with a clock.
struct LeaseRecord: Sendable, Equatable {
    /// Empty where nobody holds it.
    var holder = ""
    var durationSeconds: Int64 = 0
    var transitions: Int64 = 0
    var acquireTime = ""
    var renewTime = ""
    var resourceVersion = ""

    init() {}

    /// - Throws: a text saying what is wrong with an answer that is no Lease.
    init(json: [UInt8]) throws(LeaseDecodingError) {
        let node: YAMLNode
        do { node = try YAMLNode(parsing: json) } catch {
            throw LeaseDecodingError(description: "not a Lease: \(error)")
        }
        guard let version = node["metadata"]?["resourceVersion"]?.text, !version.isEmpty else {
            throw LeaseDecodingError(description: "not a Lease: metadata.resourceVersion is missing")
        }
        resourceVersion = version
        let spec = node["spec"]
        holder = spec?["holderIdentity"]?.text ?? ""
        durationSeconds = spec?["leaseDurationSeconds"]?.text.flatMap { Int64($0) } ?? 0
        transitions = spec?["leaseTransitions"]?.text.flatMap { Int64($0) } ?? 0
        acquireTime = spec?["acquireTime"]?.text ?? ""
        renewTime = spec?["renewTime"]?.text ?? ""
    }
}

struct LeaseDecodingError: Error, Sendable, CustomStringConvertible {
    var description: String
}
