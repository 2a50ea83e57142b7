internal import Basics
internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import YAMLTree

/// What a `Lease` (coordination.k8s.io/v1) says about its holder.
///
/// Its times are kept as they are written: they show that something has changed, and people when; they are never
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
        durationSeconds = Self.count(spec?["leaseDurationSeconds"])
        transitions = Self.count(spec?["leaseTransitions"])
        acquireTime = spec?["acquireTime"]?.text ?? ""
        renewTime = spec?["renewTime"]?.text ?? ""
    }

    /// Within what a Lease can hold, which is 32 bits; 0 where there is none.
    private static func count(_ field: YAMLNode?) -> Int64 {
        field?.text.flatMap { ForeignNumber.count(parsing: $0) }.map { Int64($0) } ?? 0
    }
}

struct LeaseDecodingError: Error, Sendable, CustomStringConvertible {
    var description: String
}

/// A change of a lease that an elector wants. Applies to nothing but the version that it was decided on.
struct LeaseClaim: Sendable, Equatable {
    enum Purpose: Sendable, Equatable {
        /// There is no lease yet.
        case create
        /// It is free, has run out, or is already in our name although we do not lead.
        case acquire
        case renew
        case release
    }

    var purpose: Purpose
    var holder: String
    var durationSeconds: Int64
    var transitions: Int64
    /// Of the lease that is to be changed; empty where it is to be created.
    var resourceVersion: String
    /// Whether leadership begins or ends with it, so that `acquireTime` is set.
    var isTransition: Bool
}

/// The requests by which an elector reads and claims its lease.
struct LeaseRequests: Sendable {
    let lease: ObjectKey
    /// After which an answer is not waited for any more.
    let timeout: Duration

    var read: APIRequest { timed(.get(.leases, lease)) }

    /// A merge patch, which leaves alone what others have put into the lease; its `resourceVersion` is a precondition.
    func claim(_ claim: LeaseClaim, at wall: WallClock) -> APIRequest {
        let now = JSONValue.string(WallClock.microTime(wall.microsecondsSince1970()))
        let spec = JSONValue.object(present: [
            "holderIdentity": claim.holder.isEmpty ? .null : .string(claim.holder),
            "leaseDurationSeconds": .integer(claim.durationSeconds),
            "leaseTransitions": .integer(claim.transitions),
            "renewTime": now,
            "acquireTime": claim.isTransition ? now : nil,
        ])
        guard claim.purpose == .create else {
            let version: JSONValue = ["resourceVersion": .string(claim.resourceVersion)]
            return timed(.patch(.leases, lease, .merge(["metadata": version, "spec": spec])))
        }
        let object: JSONValue = [
            "apiVersion": .string(APIResource.leases.apiVersion), "kind": .string(APIResource.leases.kind),
            "metadata": ["namespace": .string(lease.namespace), "name": .string(lease.name)], "spec": spec,
        ]
        return timed(.create(.leases, namespace: lease.namespace, body: Array(object.text.utf8)))
    }

    private func timed(_ request: APIRequest) -> APIRequest {
        var request = request
        // A little earlier by itself: who is only told to stop does not know that the connection is to blame, and the next
        // attempt, the last that the lease's time allows, would go the same way.
        let limit = timeout * 4 / 5
        request.timeouts = HTTPTimeouts(connect: limit, firstByte: limit, stall: limit, total: limit)
        request.isUrgent = true
        return request
    }
}
