import NIOCore
import NIOHTTP1
import NIOSSL
import NIOWebSocket
import Synchronization

extension FakeAPIServer {
    /// Tries to turn a request into a WebSocket; where the API refuses, the request goes the ordinary way and is refused
    /// there in the API's words.
    func upgrader(_ handler: NIOLoopBound<ConnectionHandler>) -> NIOWebSocketServerUpgrader {
        let agreed = NIOLoopBoundBox<PodStream?>(nil, eventLoop: handler.eventLoop)
        return NIOWebSocketServerUpgrader(
            maxFrameSize: 1 << 20,
            shouldUpgrade: { [weak self] channel, head in
                channel.eventLoop.makeCompletedFuture {
                    guard let stream = self?.stream(for: head, channel) else { return nil }
                    agreed.value = stream
                    return ["Sec-WebSocket-Protocol": stream.subprotocol]
                }
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    guard let stream = agreed.value else { throw ChannelError.inappropriateOperationForState }
                    let operations = channel.pipeline.syncOperations
                    operations.removeHandler(handler.value, promise: nil)
                    switch stream.purpose {
                    case .exec(let call, let script):
                        try operations.addHandler(ExecHandler(ExecSession(stream, call, script(call))))
                    case .portForward(let ports): try operations.addHandler(PortForwardHandler(ports))
                    }
                }
            })
    }

    private func stream(for head: HTTPRequestHead, _ channel: any Channel) -> PodStream? {
        let request = request(head, [], channel)
        return state.withLock { state in
            guard !state.faults.has(for: request), let stream = try? state.api.podStream(request) else { return nil }
            state.record(request, head.uri)
            return stream
        }
    }

    func request(_ head: HTTPRequestHead, _ body: [UInt8], _ channel: any Channel) -> KubeRequest {
        let headers = head.headers.map { (name: $0.name, value: $0.value) }
        var request = KubeRequest(head.method.rawValue, head.uri, headers: headers, body: body)
        let tls = try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)
        if tls?.peerCertificate != nil { request.certificateUser = settings.certificateUser }
        return request
    }
}
