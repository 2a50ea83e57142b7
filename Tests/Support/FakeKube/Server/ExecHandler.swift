import NIOCore
import NIOWebSocket

/// A command's WebSocket.
final class ExecHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let session: ExecSession
    private var frames = WebSocketFrames()

    init(_ session: ExecSession) { self.session = session }

    func handlerAdded(context: ChannelHandlerContext) { perform(session.begin(), context) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard let message = frames.message(unwrapInboundIn(data), context) else { return }
        perform(session.receive(message), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func perform(_ effects: [ExecSession.Effect], _ context: ChannelHandlerContext) {
        for effect in effects {
            switch effect {
            case .send(let bytes): frames.send(bytes, context)
            case .close: frames.close(context)
            }
        }
    }
}
