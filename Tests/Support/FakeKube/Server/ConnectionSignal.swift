import NIOCore

/// What reaches a connection from outside its event loop, or after a time.
enum ConnectionSignal: Sendable {
    /// The store has changed.
    case changed
    case bookmark
    /// The watch's time is over. The number tells a watch from those before it on the same connection.
    case timeout(Int)
    /// A delayed request may go on now.
    case goOn(Int)

    func send(to channel: any Channel) {
        channel.eventLoop.execute { channel.pipeline.fireUserInboundEventTriggered(self) }
    }
}
