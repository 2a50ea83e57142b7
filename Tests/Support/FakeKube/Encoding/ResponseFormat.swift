import Basics
import YAMLTree

/// An answer as bytes, in what the client accepts.
enum ResponseFormat {
    /// From this size on the real server compresses for clients that accept it.
    private static let compressedFrom = 128 << 10

    static func encode(_ answer: KubeAnswer, for request: KubeRequest, now: KubeTime)
        -> (contentType: String, bytes: [UInt8], coding: String?)
    {
        let acceptance = try? Acceptance(request)
        let (contentType, bytes) = plain(answer, acceptance, request, now)
        if answer.isCompressed {
            return acceptance?.acceptsGzip == true
                ? (contentType, bytes, "gzip") : (contentType, Gzip.expand(bytes), nil)
        }
        guard bytes.count >= compressedFrom, acceptance?.acceptsGzip == true else { return (contentType, bytes, nil) }
        return (contentType, Gzip.compress(bytes), "gzip")
    }

    private static func plain(
        _ answer: KubeAnswer, _ acceptance: Acceptance?, _ request: KubeRequest, _ now: KubeTime
    ) -> (String, [UInt8]) {
        switch answer.body {
        case .bytes(let bytes, let contentType): return (contentType, bytes)
        case .list(let list) where acceptance?.view ?? .object == .object:
            if acceptance?.wire == .protobuf, let bytes = list.protobuf { return (ProtobufEncoder.mediaType, bytes) }
            return ("application/json", list.json)
        case .object, .list:
            let object = answer.object
            let view = ObjectView(acceptance?.view ?? .object, request.parameter("includeObject"), now: now)
            let shown = view.show(object, answer.type)
            if acceptance?.wire == .protobuf, let bytes = ProtobufEncoder().encode(shown) {
                return (ProtobufEncoder.mediaType, bytes)
            }
            return ("application/json", Array((shown.text + "\n").utf8))
        }
    }
}

extension KubeAnswer {
    fileprivate var object: JSONValue {
        switch body {
        case .object(let object): object
        case .list(let list): list.object
        case .bytes: .null
        }
    }
}
