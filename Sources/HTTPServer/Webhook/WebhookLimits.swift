/// What callers may cost. The API server opens a few connections and keeps them.
package struct WebhookLimits: Sendable, Equatable {
    /// Open at once; further ones are closed as they come.
    package var connections: Int
    /// Ordinary requests decided about at once; a large one counts as several. Others wait for their turn.
    package var requests: Int
    /// Bytes of one body. The API server takes objects up to 3 MiB and shows two of an UPDATE.
    package var body: Int
    /// Bytes of all bodies at hand; whoever comes beyond that is told to come back later.
    package var bodies: Int
    /// Bytes of one head.
    package var head: Int
    /// For the handshake, for a whole request to arrive, and for an answer to be taken, each.
    package var exchange: Duration
    /// Between two requests.
    package var idle: Duration
    /// After a stop has been asked for, while the cluster still learns not to call here any more.
    package var farewell: Duration

    package init(
        connections: Int = 512, requests: Int = 16, body: Int = 8 << 20, bodies: Int = 24 << 20,
        head: Int = 32 << 10,
        exchange: Duration = .seconds(10), idle: Duration = .seconds(120), farewell: Duration = .seconds(5)
    ) {
        self.connections = connections
        self.requests = requests
        self.body = body
        self.bodies = bodies
        self.head = head
        self.exchange = exchange
        self.idle = idle
        self.farewell = farewell
    }
}
