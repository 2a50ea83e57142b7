package import HTTPServer
package import Telemetry

/// The terminator's HTTP endpoint: read-only, for probes and metrics.
package struct TerminatorEndpoint: Sendable {
    private let registry: MetricRegistry
    private let waitsFor: @Sendable () -> String?

    /// - Parameter waitsFor: what keeps this process from doing its work, in a few words; `nil` once it is ready.
    package init(_ registry: MetricRegistry, waitsFor: @escaping @Sendable () -> String?) {
        self.registry = registry
        self.waitsFor = waitsFor
    }

    /// - Parameter isReady: whether this replica could take over, or has.
    package init(_ registry: MetricRegistry, isReady: @escaping @Sendable () -> Bool) {
        self.init(registry) { isReady() ? nil : "pods have not been seen yet" }
    }

    package func serve(port: Int) async throws(StatusServerError) -> StatusServer {
        try await StatusServer.start(port: port) { answer(to: $0) }
    }

    func answer(to request: StatusRequest) -> StatusResponse {
        switch request.path {
        case "/metrics": StatusResponse(contentType: MetricRegistry.contentType, body: registry.exposition())
        case "/healthz": .text("ok")
        case "/readyz": waitsFor().map { .text($0, status: 503) } ?? .text("ok")
        default: .notFound
        }
    }
}
