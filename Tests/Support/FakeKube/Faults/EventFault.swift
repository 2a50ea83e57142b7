import YAMLTree

/// How a watch's events can be wrong.
package enum EventFault: Sendable {
    /// After so many events comes an `ERROR` with this status, and the stream ends.
    case error(StatusError, after: Int)
    /// After so many events the stream ends as if its time were over.
    case end(after: Int)
    /// After so many events half of the next one, and then the connection closes.
    case half(after: Int)
    /// Bookmarks come without a resource version.
    case bookmarkWithoutVersion
    /// Every second event is sent before the one it follows, where both are ready. No bookmark is: that all is told before it is
    /// what a bookmark says, and what ends the initial events of a watch.
    case outOfOrder
    /// Every event is sent twice.
    case twice
    /// A line that is no event after so many events.
    case line(String, after: Int)

    /// The events changed so far as this can be done event by event; `sent` were sent before.
    func changed(_ events: [WatchEvent], sent: Int) -> [WatchEvent] {
        switch self {
        case .bookmarkWithoutVersion:
            events.map { event in
                guard event.kind == .bookmark else { return event }
                var event = event
                event.object[path: ["metadata", "resourceVersion"]] = nil
                return event
            }
        case .outOfOrder:
            stride(from: 0, to: events.count, by: 2).flatMap { index -> [WatchEvent] in
                let pair = Array(events[index..<min(index + 2, events.count)])
                return pair.contains { $0.kind == .bookmark } ? pair : pair.reversed()
            }
        case .twice: events.flatMap { [$0, $0] }
        case .error, .end, .half, .line: events
        }
    }

    /// After how many events something else happens.
    var limit: Int? {
        switch self {
        case .error(_, let after), .end(let after), .half(let after), .line(_, let after): after
        case .bookmarkWithoutVersion, .outOfOrder, .twice: nil
        }
    }
}
