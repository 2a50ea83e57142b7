/// What callers in the pod's network may cost. No timer runs while no connection is open.
package struct ServerLimits: Sendable, Equatable {
    /// Open at once. When one more comes, the oldest that has not sent a request goes.
    package var connections: Int
    /// Of these from one address, so that nobody alone can have them all.
    package var connectionsOfOne: Int
    /// Bytes of one request's head.
    package var head: Int
    /// Bytes of one request's body.
    package var body: Int
    /// Bytes of all bodies at hand; whoever comes beyond that is told to come back later.
    package var bodies: Int
    /// For the handshake and a request's head to arrive, and again for its body.
    package var request: Duration
    /// For an answer to be made.
    package var answer: Duration
    /// For the caller to take an answer.
    package var response: Duration
    /// Between an answer and the next request.
    package var idle: Duration
    /// After a stop has been asked for, while the cluster still learns not to call here any more.
    package var farewell: Duration
    /// For running answers to leave when the server stops.
    package var stop: Duration

    /// For probes and metrics: a few callers that come now and then. Bodies are not kept.
    package static let status = ServerLimits(
        connections: 64, connectionsOfOne: 16, head: 16 << 10, body: 16 << 10, bodies: 0, request: .seconds(30),
        answer: .zero, response: .seconds(30), idle: .seconds(30), farewell: .zero, stop: .seconds(2))

    /// For admission: the API servers open a few connections each and keep them, more while many pods are created. They
    /// take objects up to 3 MiB; of an UPDATE, which shows two, those of half that are looked at.
    package static let webhook = ServerLimits(
        connections: 512, connectionsOfOne: 384, head: 32 << 10, body: 4 << 20, bodies: 16 << 20, request: .seconds(10),
        answer: .seconds(10), response: .seconds(10), idle: .seconds(120), farewell: .seconds(5), stop: .seconds(2))
}
