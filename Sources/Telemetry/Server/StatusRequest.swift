/// A request to a `StatusServer`: always GET or HEAD, its body unread.
public struct StatusRequest: Sendable, Equatable {
    /// Without the query; as sent, not decoded.
    public var path: String

    public init(path: String) {
        self.path = path
    }
}
