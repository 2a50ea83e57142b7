package import Basics
package import KubeModel

/// One page of a list of workloads, each cut down to what its conversion depends on: what the cluster adds (who manages which
/// field, the state, what was applied last) would be most of the bytes.
package struct WorkloadPage: Sendable {
    package private(set) var objects: [WorkloadObject] = []
    /// Of the next page; empty behind the last.
    package private(set) var continueToken = ""

    /// - Parameter body: a list as the API server answers with it, in JSON.
    package init(_ body: [UInt8], _ resource: APIResource) throws(WireError) {
        let bytes = body.span
        var cursor = JSONCursor(bytes)
        guard try cursor.beginObject(in: bytes) else { return }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "metadata":
                guard try cursor.beginObject(in: bytes) else { break }
                while let key = try cursor.key(in: bytes) {
                    if key == "continue" {
                        continueToken = try cursor.text(in: bytes)
                    } else {
                        try cursor.skip(in: bytes)
                    }
                }
            case "items":
                guard try cursor.beginArray(in: bytes) else { break }
                while try cursor.element(in: bytes) {
                    let range = try cursor.skip(in: bytes)
                    if let object = try WorkloadObject(body, range, resource) { objects.append(object) }
                }
            default: try cursor.skip(in: bytes)
            }
        }
    }
}

/// A workload of a cluster that is its pods' first cause.
package struct WorkloadObject: Sendable {
    package let key: ObjectKey
    package let resource: APIResource
    /// The object as a manifest would have it, in JSON.
    package let manifest: [UInt8]
    /// How many pods it runs at a time.
    package let pods: Int

    /// As the API server's path has it: `apis/batch/v1/namespaces/data/jobs/nightly`.
    package var place: String {
        let group = resource.group.isEmpty ? "api/\(resource.version)" : "apis/\(resource.apiVersion)"
        let namespace = key.namespace.isEmpty ? "" : "/namespaces/\(key.namespace)"
        return "\(group)\(namespace)/\(resource.plural)/\(key.name)"
    }

    /// `nil` for what another workload made, and for Jobs that have ended.
    init?(_ body: [UInt8], _ range: Range<Int>, _ resource: APIResource) throws(WireError) {
        let bytes = body.span
        var cursor = JSONCursor(range)
        var metadata = Metadata()
        var spec: Range<Int>?
        var hasEnded = false
        guard try cursor.beginObject(in: bytes) else { return nil }
        while let key = try cursor.key(in: bytes) {
            switch key {
            case "metadata": try metadata.read(body, &cursor)
            case "spec",
                "template" where resource.kind == "PodTemplate":
                spec = try cursor.skip(in: bytes)
            case "status": hasEnded = try Self.hasEnded(bytes, &cursor)
            default: try cursor.skip(in: bytes)
            }
        }
        guard let spec, !metadata.isOwned, !(hasEnded && resource.kind == "Job") else { return nil }
        key = ObjectKey(namespace: metadata.namespace, name: metadata.name)
        self.resource = resource
        pods = try Self.pods(bytes, spec)
        var manifest = Array("{\"apiVersion\":\(JSONValue.string(resource.apiVersion).text),".utf8)
        manifest += "\"kind\":\(JSONValue.string(resource.kind).text),\"metadata\":{".utf8
        manifest += "\"name\":\(JSONValue.string(metadata.name).text)".utf8
        if !metadata.namespace.isEmpty {
            manifest += ",\"namespace\":\(JSONValue.string(metadata.namespace).text)".utf8
        }
        if let labels = metadata.labels { manifest += Array(",\"labels\":".utf8) + body[labels] }
        if !metadata.annotations.isEmpty {
            manifest +=
                Array(",\"annotations\":{".utf8) + metadata.annotations.joined(separator: [UInt8(ascii: ",")])
                + Array("}".utf8)
        }
        manifest += Array("},\"spec\":".utf8) + body[spec] + [UInt8(ascii: "}")]
        self.manifest = manifest
    }

    private static func hasEnded(_ bytes: Span<UInt8>, _ cursor: inout JSONCursor) throws(WireError) -> Bool {
        var hasEnded = false
        guard try cursor.beginObject(in: bytes) else { return false }
        while let key = try cursor.key(in: bytes) {
            guard key == "conditions" else {
                try cursor.skip(in: bytes)
                continue
            }
            guard try cursor.beginArray(in: bytes) else { continue }
            while try cursor.element(in: bytes) {
                var (type, status) = ("", "")
                guard try cursor.beginObject(in: bytes) else { continue }
                while let key = try cursor.key(in: bytes) {
                    switch key {
                    case "type": type = try cursor.text(in: bytes)
                    case "status": status = try cursor.text(in: bytes)
                    default: try cursor.skip(in: bytes)
                    }
                }
                hasEnded = hasEnded || status == "True" && (type == "Complete" || type == "Failed")
            }
        }
        return hasEnded
    }

    private static func pods(_ bytes: Span<UInt8>, _ spec: Range<Int>) throws(WireError) -> Int {
        var cursor = JSONCursor(spec)
        var pods = 1
        guard try cursor.beginObject(in: bytes) else { return pods }
        while let key = try cursor.key(in: bytes) {
            if key == "replicas" || key == "parallelism" {
                pods = Int(clamping: max(0, try cursor.integer(in: bytes)))
            } else {
                try cursor.skip(in: bytes)
            }
        }
        return min(pods, Int(Int32.max))
    }

    private struct Metadata {
        var name = ""
        var namespace = ""
        var labels: Range<Int>?
        /// Pairs as they stand, without what was applied last.
        var annotations: [ArraySlice<UInt8>] = []
        var isOwned = false

        mutating func read(_ body: [UInt8], _ cursor: inout JSONCursor) throws(WireError) {
            let bytes = body.span
            guard try cursor.beginObject(in: bytes) else { return }
            while let key = try cursor.key(in: bytes) {
                switch key {
                case "name": name = try cursor.text(in: bytes)
                case "namespace": namespace = try cursor.text(in: bytes)
                case "labels": labels = try cursor.skip(in: bytes)
                case "annotations":
                    guard try cursor.beginObject(in: bytes) else { break }
                    while let key = try cursor.key(in: bytes) {
                        let value = try cursor.skip(in: bytes)
                        guard key != "kubectl.kubernetes.io/last-applied-configuration" else { continue }
                        annotations.append(Array("\(JSONValue.string(key).text):".utf8) + body[value])
                    }
                case "ownerReferences":
                    guard try cursor.beginArray(in: bytes) else { break }
                    while try cursor.element(in: bytes) {
                        guard try cursor.beginObject(in: bytes) else { continue }
                        while let key = try cursor.key(in: bytes) {
                            if key == "controller" {
                                let isController = try cursor.flag(in: bytes)
                                isOwned = isOwned || isController
                            } else {
                                try cursor.skip(in: bytes)
                            }
                        }
                    }
                default: try cursor.skip(in: bytes)
                }
            }
        }
    }
}
