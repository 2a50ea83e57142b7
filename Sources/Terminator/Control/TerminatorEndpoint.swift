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

    package func serve(port: Int) async throws(ListenError) -> WebServer {
        try await WebServer.start(port: port) { answer(to: $0) }
    }

    func answer(to request: ServerRequest) -> ServerResponse {
        switch request.path {
        case "/metrics": ServerResponse(contentType: MetricRegistry.contentType, body: registry.exposition())
        case "/healthz": .text("ok")
        case "/readyz": waitsFor().map { .text($0, status: 503) } ?? .text("ok")
        default: .notFound
        }
    }
}

/// What the terminator counts.
package struct TerminatorMetrics: Sendable {
    let verdicts: Counter
    let rungs: Counter
    let rehearsals: Counter
    let conflicts: Counter
    let untilRequest: Histogram
    let untilEnd: Histogram
    let failures: Counter

    private static let seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

    package init(_ registry: MetricRegistry) {
        verdicts = registry.counter(
            "kpipe_terminator_verdicts_total", "Pods looked at, by verdict.", labels: ["verdict"])
        rungs = registry.counter(
            "kpipe_terminator_rungs_total", "Rungs tried, by result of the request.", labels: ["rung", "result"])
        rehearsals = registry.counter(
            "kpipe_terminator_rehearsals_total",
            "Rehearsals of the exit image, by how they went; and swaps made by what was remembered of others.",
            labels: ["result"])
        conflicts = registry.counter(
            "kpipe_terminator_conflicts_total", "Plans refused because the pod had changed, and made again.")
        untilRequest = registry.histogram(
            "kpipe_terminator_request_seconds", "From main's end being seen to the first request to end a sidecar.",
            bounds: Self.seconds)
        untilEnd = registry.histogram(
            "kpipe_terminator_completion_seconds", "From main's end to the end of the last sidecar.",
            bounds: Self.seconds)
        failures = registry.counter(
            "kpipe_terminator_failures_total", "Pods that could not be looked at or acted on, and will be again.")
    }
}
