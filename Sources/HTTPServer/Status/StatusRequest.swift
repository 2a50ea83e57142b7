/// A request to a `StatusServer`: always GET or HEAD, its body unread.
package struct StatusRequest: Sendable, Equatable {
    /// Without the query; as sent, not decoded.
    package var path: String

    package init(path: String) {
        self.path = path
    }
}
