/// A watch on its way to the socket: its events as bytes, and what a fault makes of them.
struct WatchStream {
    enum End {
        /// The last chunk, as when time is over.
        case regular
        /// The connection closes.
        case abrupt
    }

    var watch: FakeWatch
    let format: EventFormat
    var fault: EventFault?
    private var sent = 0

    init(_ watch: FakeWatch, _ format: EventFormat) {
        self.watch = watch
        self.format = format
    }

    func bookmark() -> WatchEvent? { watch.wantsBookmarks && !watch.isOver ? watch.bookmark() : nil }

    mutating func write(_ events: [WatchEvent], now: KubeTime) -> (pieces: [[UInt8]], end: End?) {
        var events = events
        if let fault { events = fault.changed(events, sent: sent) }
        var pieces: [[UInt8]] = []
        for event in events {
            if let fault, fault.limit == sent, let (piece, end) = broken(fault, before: event, now) {
                return (pieces + [piece], end)
            }
            pieces.append(format.encode(event, now: now))
            sent += 1
        }
        if let fault, fault.limit == sent, let (piece, end) = broken(fault, before: nil, now) {
            return (pieces + [piece], end)
        }
        return (pieces, watch.isOver ? .regular : nil)
    }

    /// What the fault sends in the place of the next event; `nil` where it needs that event and it has not come.
    private mutating func broken(_ fault: EventFault, before event: WatchEvent?, _ now: KubeTime) -> ([UInt8], End)? {
        switch fault {
        case .error(let error, _): return (format.encode(WatchEvent(.error, error.object), now: now), .regular)
        case .end: return ([], .regular)
        case .half:
            guard let event else { return nil }
            let whole = format.encode(event, now: now)
            return (Array(whole.prefix(whole.count / 2)), .abrupt)
        case .line(let line, _): return (Array((line + "\n").utf8), .regular)
        case .bookmarkWithoutVersion, .outOfOrder, .twice: return nil
        }
    }
}
