internal import HTTPTransport
internal import KubeModel
internal import YAMLTree

/// The requests by which an elector reads and claims its lease.
struct LeaseRequests: Sendable {
    let lease: ObjectKey
    let timeout: Duration

    private var collection: String {
        let resource = APIResource.leases
        return "/apis/\(resource.group)/\(resource.version)/namespaces/\(lease.namespace)/\(resource.plural)"
    }

    private var timeouts: HTTPTimeouts {
        HTTPTimeouts(connect: timeout, firstByte: timeout, stall: timeout, total: timeout)
    }

    var read: APIRequest { APIRequest("GET", "\(collection)/\(lease.name)", timeouts: timeouts) }

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
            let patch: JSONValue = ["metadata": ["resourceVersion": .string(claim.resourceVersion)], "spec": spec]
            return APIRequest(
                "PATCH", "\(collection)/\(lease.name)", headers: ["Content-Type": "application/merge-patch+json"],
                body: Array(patch.text.utf8), timeouts: timeouts)
        }
        let object: JSONValue = [
            "apiVersion": .string(APIResource.leases.apiVersion), "kind": .string(APIResource.leases.kind),
            "metadata": ["namespace": .string(lease.namespace), "name": .string(lease.name)], "spec": spec,
        ]
        return APIRequest(
            "POST", collection, headers: ["Content-Type": "application/json"], body: Array(object.text.utf8),
            timeouts: timeouts)
    }
}
