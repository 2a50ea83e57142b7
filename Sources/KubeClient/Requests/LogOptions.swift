/// Which part of a container's log.
public struct LogOptions: Sendable, Equatable {
    /// May be empty where a pod has one container.
    public var container = ""
    public var follows = false
    /// Of the instance before the last restart.
    public var isPrevious = false
    public var showsTimestamps = false
    /// Lines from the end.
    public var tail: Int?
    public var sinceSeconds: Int?
    /// Bytes after which the server stops.
    public var limit: Int?

    public init() {}

    var query: [(name: String, value: String)] {
        let fields = [
            ("container", container), ("follow", follows ? "true" : ""), ("previous", isPrevious ? "true" : ""),
            ("timestamps", showsTimestamps ? "true" : ""), ("tailLines", tail.map { "\($0)" } ?? ""),
            ("sinceSeconds", sinceSeconds.map { "\($0)" } ?? ""), ("limitBytes", limit.map { "\($0)" } ?? ""),
        ]
        return fields.filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    }
}
