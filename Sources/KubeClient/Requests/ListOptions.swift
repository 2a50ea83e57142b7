/// Which objects of a collection, and how fresh.
public struct ListOptions: Sendable, Equatable {
    public enum VersionMatch: String, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    public var labelSelector = ""
    public var fieldSelector = ""
    /// Objects in one answer; 0 for all.
    public var limit = 0
    /// From the last answer's `metadata.continue`.
    public var continueToken = ""
    /// Empty for the newest state, `0` for whatever the server has at hand.
    public var resourceVersion = ""
    public var versionMatch: VersionMatch?

    public init() {}

    /// The next page keeps the selectors and the limit; its token holds the version.
    public func continued(with token: String) -> ListOptions {
        var next = self
        next.continueToken = token
        next.resourceVersion = ""
        next.versionMatch = nil
        return next
    }

    var query: [(name: String, value: String)] {
        let fields = [
            ("labelSelector", labelSelector), ("fieldSelector", fieldSelector),
            ("limit", limit > 0 ? String(limit) : ""), ("continue", continueToken),
            ("resourceVersion", resourceVersion), ("resourceVersionMatch", versionMatch?.rawValue ?? ""),
        ]
        return fields.filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    }
}
