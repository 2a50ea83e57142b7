internal import HTTPTransport
public import KubeClient
public import KubeModel

/// What a watch asks of the server next.
enum WatchRequest: Sendable, Equatable {
    /// A page of a list, or with a `limit` of 0 all of it. Always the newest state, never a cached older one.
    case page(limit: Int, continueToken: String)
    /// A watch that begins with the whole state as `ADDED` events, and a bookmark behind them.
    case initialEvents(timeout: Duration)
    /// What changed after a version.
    case changes(after: String, timeout: Duration)

    /// How long the server is to keep the watch open; `nil` for a list.
    private var timeout: Duration? {
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

/// What is watched: one kind, in one namespace or all, selected by labels and fields.
public struct WatchScope: Sendable {
    public var resource: APIResource
    /// `nil`: all namespaces.
    public var namespace: String?
    public var labelSelector: String
    public var fieldSelector: String
    public var encoding: APIRequest.Encoding

    public init(
        _ resource: APIResource, namespace: String? = nil, labelSelector: String = "", fieldSelector: String = "",
        encoding: APIRequest.Encoding = .json
    ) {
        self.resource = resource
        self.namespace = namespace
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.encoding = encoding
    }

    var path: String { resource.path(namespace: namespace ?? "") }

    var selectors: [(name: String, value: String)] {
        [("labelSelector", labelSelector), ("fieldSelector", fieldSelector)].filter { !$0.1.isEmpty }
    }
}

/// Versions of objects. They are decimal numbers that grow (KEP-5504); of any other sort nothing is known but equality.
enum ResourceVersion {
    static func isOlder(_ version: String, than other: String) -> Bool {
        guard let left = UInt64(version), let right = UInt64(other) else { return false }
        return left < right
    }

    /// Eight bytes that tell versions of one object apart; 0 for none.
    static func digest(_ version: String) -> UInt64 {
        if let number = UInt64(version) { return number }
        return version.utf8.reduce(version.isEmpty ? 0 : 0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
