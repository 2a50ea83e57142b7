internal import HTTPTransport
internal import KubeClient

/// What a watch asks of the server next.
public enum WatchRequest: Sendable, Equatable {
    /// A page of a list, or with a `limit` of 0 all of it. Always the newest state, never a cached older one.
    case page(limit: Int, continueToken: String)
    /// A watch that begins with the whole state as `ADDED` events, and a bookmark behind them.
    case initialEvents(timeout: Duration)
    /// What changed after a version.
    case changes(after: String, timeout: Duration)

    /// How long the server is told to keep the watch open; `nil` for a list.
    var timeout: Duration? {
        switch self {
        case .page: nil
        case .initialEvents(let timeout), .changes(_, let timeout): timeout
        }
    }

    func apiRequest(for scope: WatchScope) -> APIRequest {
        var query = scope.selectors
        switch self {
        case .page(let limit, let continueToken):
            if limit > 0 { query.append(("limit", "\(limit)")) }
            if !continueToken.isEmpty { query.append(("continue", continueToken)) }
        case .initialEvents(let timeout):
            query += Self.watch(timeout)
            query.append(("sendInitialEvents", "true"))
            query.append(("resourceVersionMatch", "NotOlderThan"))
        case .changes(let version, let timeout):
            query += Self.watch(timeout)
            query.append(("resourceVersion", version))
        }
        var request = APIRequest("GET", scope.path, query: query, accept: scope.encoding)
        if timeout != nil {
            // Silence means nothing by itself here; `WatchMachine` decides how much of it is too much.
            request.timeouts.firstByte = nil
            request.timeouts.stall = nil
        }
        return request
    }

    private static func watch(_ timeout: Duration) -> [(name: String, value: String)] {
        [
            ("watch", "true"), ("allowWatchBookmarks", "true"), ("timeoutSeconds", "\(timeout.components.seconds)"),
        ]
    }
}
