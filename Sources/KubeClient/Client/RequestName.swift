/// What a request is about, read off its path and query as the API server's own request info is.
struct RequestName: Sendable, Equatable {
    var verb: String
    var resource = ""
    var subresource = ""
    var namespace = ""
    var name = ""

    init(_ request: APIRequest) {
        var parts = request.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
        let method = request.method
        verb = method.lowercased()
        switch parts.first {
        case "api" where parts.count > 2: parts.removeFirst(2)
        case "apis" where parts.count > 3: parts.removeFirst(3)
        default: return
        }
        if parts[0] == "namespaces", parts.count > 2, !["status", "finalize"].contains(parts[2]) {
            namespace = parts[1]
            parts.removeFirst(2)
        }
        resource = parts[0]
        name = parts.count > 1 ? parts[1] : ""
        subresource = parts.count > 2 ? parts[2] : ""
        switch method {
        case "GET" where request.isWatch: verb = "watch"
        case "GET": verb = name.isEmpty ? "list" : "get"
        case "POST": verb = "create"
        case "PUT": verb = "update"
        case "DELETE": verb = name.isEmpty ? "deletecollection" : "delete"
        default: break
        }
    }
}

extension APIRequest {
    /// Whether the answer is a sequence of events.
    var isWatch: Bool { query.contains { $0.name == "watch" && ($0.value == "true" || $0.value == "1") } }
}
