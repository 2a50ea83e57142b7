internal import Basics
internal import YAMLTree

/// How an object is deleted.
public struct DeleteOptions: Sendable, Equatable {
    /// What happens to those it owns.
    public enum Propagation: String, Sendable {
        case orphan = "Orphan"
        case background = "Background"
        case foreground = "Foreground"
    }

    /// Seconds; `nil` for the object's own.
    public var gracePeriod: Int?
    public var propagation: Propagation?
    public var preconditions = Preconditions()
    public var isDryRun = false

    public init(
        gracePeriod: Int? = nil, propagation: Propagation? = nil, preconditions: Preconditions = .init(),
        isDryRun: Bool = false
    ) {
        self.gracePeriod = gracePeriod
        self.propagation = propagation
        self.preconditions = preconditions
        self.isDryRun = isDryRun
    }

    /// As a body, which every server understands; not all read the query of a DELETE.
    var body: [UInt8] {
        let options = JSONValue.object(present: [
            "kind": "DeleteOptions", "apiVersion": "v1",
            "gracePeriodSeconds": gracePeriod.map { .integer(Int64($0)) },
            "propagationPolicy": propagation.map { .string($0.rawValue) },
            "preconditions": preconditions.json,
            "dryRun": isDryRun ? ["All"] : nil,
        ])
        return Array(options.text.utf8)
    }
}
