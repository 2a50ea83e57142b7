/// What callers in the pod's network may cost. No timer runs while no connection is open.
package struct StatusServerLimits: Sendable, Equatable {
    /// Open at once; further ones are closed as they come.
    package var connections: Int
    /// Bytes of one request, head and body.
    package var requestBytes: Int
    /// For a whole request to arrive, counted from the connection's opening or the previous answer.
    package var request: Duration
    /// For the caller to take an answer.
    package var response: Duration
    /// For running answers to leave when the server stops.
    package var stop: Duration

    package init(
        connections: Int = 64, requestBytes: Int = 16 << 10, request: Duration = .seconds(30),
        response: Duration = .seconds(30), stop: Duration = .seconds(2)
    ) {
        self.connections = connections
        self.requestBytes = requestBytes
        self.request = request
        self.response = response
        self.stop = stop
    }
}
