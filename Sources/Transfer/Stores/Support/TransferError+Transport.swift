internal import Glibc
internal import HTTPTransport

extension TransferError {
    /// What a failed exchange means for the object it was about.
    init(_ error: TransportError, object: String) {
        let (reason, hint): (Reason, String?) =
            switch error.reason {
            case .nameResolution: (.network, "check the host name and the cluster's DNS")
            case .connect: (.network, "check that the server runs and that the network policy lets this pod reach it")
            case .tls: (.configuration, "if the server's certificate comes from an own CA, name its file")
            case .proxy: (.network, "check https_proxy, http_proxy and no_proxy")
            case .timeout: (.timeout, nil)
            case .connectionLost, .bodyLength: (.network, nil)
            case .bodySource, .bodySink: (.local(errno: EIO), nil)
            case .cancelled, .clientClosed: (.cancelled, nil)
            case .invalidRequest: (.configuration, nil)
            case .malformedResponse, .tooLarge: (.protocolViolation, nil)
            case .other: (.network, nil)
            }
        self.init(object: object, reason: reason, message: "\(error)", hint: hint)
    }
}
