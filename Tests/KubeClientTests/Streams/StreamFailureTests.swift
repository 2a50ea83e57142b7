import HTTPTransport
import NIOSSL
import Testing

@testable import KubeClient

@Suite struct StreamFailureTests {
    /// As an API server ends it once the pod has: what was sent may well have arrived.
    @Test func `an end without TLS's farewell is a lost connection`() {
        let error = StreamFailure.kubeError(NIOSSLError.uncleanShutdown, attempted: "GET /exec")
        guard case .transport(let failure) = error.reason, case .connectionLost = failure.reason else {
            Issue.record("\(error)")
            return
        }
    }
}
