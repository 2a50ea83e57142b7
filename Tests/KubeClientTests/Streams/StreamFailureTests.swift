import HTTPTransport
import NIOCore
import NIOSSL
import Testing

@testable import KubeClient

@Suite struct StreamFailureTests {
    enum Kind { case lost, tls, timeout, other }

    /// What ends a stream, and what is said of it. An API server closes without TLS's farewell once the pod has ended: what
    /// was sent may well have arrived, which is not so where TLS never came about.
    @Test(
        arguments: [
            (NIOSSLError.uncleanShutdown, Kind.lost), (NIOSSLError.noCertificateToValidate, .tls),
            (NIOSSLExtraError.failedToValidateHostname, .tls), (StreamFailure.ended("closed"), .lost),
            (ChannelError.connectTimeout(.seconds(1)), .timeout), (ChannelError.ioOnClosedChannel, .lost),
            (StreamFailure.tooLarge(limit: 1), .other),
        ] as [(any Error, Kind)])
    func `what ends a stream is told by its kind`(error: any Error, expected: Kind) {
        let error = StreamFailure.kubeError(error, attempted: "GET /exec")
        let kind: Kind =
            if case .transport(let failure) = error.reason {
                switch failure.reason {
                case .connectionLost: .lost
                case .tls: .tls
                case .timeout: .timeout
                default: .other
                }
            } else { .other }
        #expect(kind == expected, "\(error)")
    }
}
