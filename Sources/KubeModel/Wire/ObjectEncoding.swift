/// How the API server writes objects.
public enum ObjectEncoding: Sendable {
    /// Protobuf; in lists and events each within the envelope of `WireEnvelope`.
    case protobuf
    case json

    /// As the answer's media type says.
    public init(contentType: String?) {
        self = contentType?.hasPrefix("application/vnd.kubernetes.protobuf") == true ? .protobuf : .json
    }
}
