internal import NIOCore
internal import NIOSSL
internal import NIOTLS

/// Lets a connection begin once its server has shown a certificate that is made out to `name`, and not before: no
/// credential goes to another.
///
/// NIOSSL itself would also be content with the address it is connected to, which is a proxy's where there is one.
final class ServerNameHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    struct WrongName: Error, CustomStringConvertible {
        var description: String
    }

    private let name: String

    init(_ name: String) {
        self.name = name
    }

    /// So far there is a connection, but nobody has been identified.
    func channelActive(context: ChannelHandlerContext) {}

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted = event else { return context.fireUserInboundEventTriggered(event) }
        let tls = try? context.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)
        guard let certificate = try? tls?.peerCertificate?.toDERBytes(), CertificateName.matches(certificate, name)
        else {
            let words = "the server's certificate is not made out to \(name); see tls-server-name"
            context.fireErrorCaught(WrongName(description: words))
            return context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
        context.fireChannelActive()
    }
}
