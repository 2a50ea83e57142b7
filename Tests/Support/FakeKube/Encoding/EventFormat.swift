import YAMLTree

/// How the events of a watch become bytes.
enum EventFormat: Sendable {
    case json

    var contentType: String {
        switch self {
        case .json: "application/json"
        }
    }

    func encode(_ event: WatchEvent) -> [UInt8] {
        switch self {
        case .json: Array((event.json.text + "\n").utf8)
        }
    }
}
