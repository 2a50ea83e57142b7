/// What a client wants to be sent, read from `Accept`.
struct Acceptance: Sendable, Equatable {
    enum Wire: Sendable {
        case json
        case protobuf
    }

    enum View: Sendable {
        case object
        case table
        case partialMetadata
        /// All groups and resources in one document.
        case discovery
    }

    var wire = Wire.json
    var view = View.object
    var acceptsGzip = false

    /// The first range that this server can serve; JSON where none is named.
    init(_ request: KubeRequest) throws(StatusError) {
        acceptsGzip = (request.header("Accept-Encoding") ?? "").contains("gzip")
        guard let header = request.header("Accept"), !header.isEmpty else { return }
        for range in header.split(separator: ",") {
            let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
            let parameters = Dictionary(
                parts.dropFirst().compactMap { part -> (String, String)? in
                    let sides = part.split(separator: "=")
                    return sides.count == 2 ? (String(sides[0]), String(sides[1])) : nil
                }, uniquingKeysWith: { first, _ in first })
            switch parts.first {
            case "application/json"?, "*/*"?, "application/*"?, "text/plain"?: wire = .json
            case ProtobufEncoder.mediaType?: wire = .protobuf
            default: continue
            }
            switch (parameters["as"], parameters["v"]) {
            case (nil, _): view = .object
            case ("Table"?, "v1"?): view = .table
            case ("PartialObjectMetadata"?, "v1"?), ("PartialObjectMetadataList"?, "v1"?): view = .partialMetadata
            case ("APIGroupDiscoveryList"?, "v2"?): view = .discovery
            default: continue
            }
            return
        }
        throw StatusError(
            406, "NotAcceptable",
            "only the following media types are accepted: application/json, application/yaml,"
                + " application/vnd.kubernetes.protobuf")
    }
}
