internal import Basics
internal import HTTPTransport
internal import KubeClient
internal import KubeModel
internal import YAMLTree

/// The requests by which an elector reads and claims its lease.
struct LeaseRequests: Sendable {
    let lease: ObjectKey
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
        request.timeouts = HTTPTimeouts(connect: timeout, firstByte: timeout, stall: timeout, total: timeout)
        return request
    }
}
