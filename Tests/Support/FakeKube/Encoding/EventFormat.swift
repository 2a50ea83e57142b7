import Basics
import YAMLTree

/// How the events of a watch become bytes.
struct EventFormat: Sendable {
    let wire: Acceptance.Wire
    let view: Acceptance.View
    let type: ResourceType
    let includesObject: String?

    init(_ request: KubeRequest, _ type: ResourceType) {
        let acceptance = try? Acceptance(request)
        view = acceptance?.view ?? .object
        // Custom resources have JSON alone, and tables, too.
        let hasProtobuf = KubeSchema.builtIn.message(for: type) != nil && view == .object
        wire = hasProtobuf ? acceptance?.wire ?? .json : .json
        self.type = type
        includesObject = request.parameter("includeObject")
    }

    var contentType: String {
        switch wire {
        case .json: "application/json"
        case .protobuf: "\(ProtobufEncoder.mediaType);stream=watch"
        }
    }

    func encode(_ event: WatchEvent, now: KubeTime) -> [UInt8] {
        var event = event
        if event.kind != .error {
            event.object = ObjectView(view, includesObject, now: now).show(event.object, type)
        }
        switch wire {
        case .json: return Array((event.json.text + "\n").utf8)
        case .protobuf: return ProtobufEncoder().frame(event) ?? []
        }
    }
}
