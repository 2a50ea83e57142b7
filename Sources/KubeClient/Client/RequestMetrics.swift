internal import Basics
package import Telemetry

/// What a client asks of the server, as metrics; names and labels follow client-go's.
public struct RequestMetrics: RequestObserver {
    private let requests: Counter
    private let durations: Histogram

    package init(_ registry: MetricRegistry) {
        requests = registry.counter(
            "rest_client_requests_total", "Requests to the API server, retries included.",
            labels: ["verb", "resource", "code"])
        durations = registry.histogram(
            "rest_client_request_duration_seconds",
            "Time until the API server's answer was there; of streams, until they were open.",
            bounds: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60], labels: ["verb", "resource"])
    }

    public func observe(_ request: ObservedRequest) {
        let resource =
            request.subresource.isEmpty ? request.resource : "\(request.resource)/\(request.subresource)"
        requests.increment(request.verb, resource, request.status.map { "\($0)" } ?? "<error>")
        durations.observe(request.duration.inSeconds, request.verb, resource)
    }
}

/// Called for every request to the server, each retry included.
public protocol RequestObserver: Sendable {
    func observe(_ request: ObservedRequest)
}

/// One request or one retry of it, in the words of metrics.
public struct ObservedRequest: Sendable, Equatable {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, …: as RBAC calls it.
    public var verb: String
    /// The plural; empty for what is no resource, such as `/version`.
    public var resource: String
    /// Of the resource; empty for none.
    public var subresource: String
    /// `nil` where no answer came.
    public var status: Int?
    /// Until the answer was there whole; for streams, until its head was.
    public var duration: Duration
}

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
