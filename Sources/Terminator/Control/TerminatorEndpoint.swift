public import Telemetry

/// The terminator's HTTP endpoint: read-only, for probes and metrics.
public struct TerminatorEndpoint: Sendable {
    private let registry: MetricRegistry
    private let isReady: @Sendable () -> Bool

    /// - Parameter isReady: whether this replica could take over, or has.
    public init(_ registry: MetricRegistry, isReady: @escaping @Sendable () -> Bool) {
        self.registry = registry
        self.isReady = isReady
    }

    public func serve(port: Int) async throws(StatusServerError) -> StatusServer {
        try await StatusServer.start(port: port) { answer(to: $0) }
    }

    func answer(to request: StatusRequest) -> StatusResponse {
        switch request.path {
        case "/metrics": StatusResponse(contentType: MetricRegistry.contentType, body: registry.exposition())
        case "/healthz": .text("ok")
        case "/readyz": isReady() ? .text("ok") : .text("pods have not been seen yet", status: 503)
        default: .notFound
        }
    }
}
