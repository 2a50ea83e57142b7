internal import Basics
package import Telemetry

/// What a client asks of the server, as metrics; names and labels follow client-go's.
public struct RequestMetrics: RequestObserver {
    private let requests: Counter
    private let durations: Histogram

    package init(_ registry: MetricRegistry) {
        requests = registry.counter(
            "rest_client_requests_total", "Exchanges with the API server, retries included.",
            labels: ["verb", "resource", "code"])
        durations = registry.histogram(
            "rest_client_request_duration_seconds",
            "Time until the API server's answer was there; of streams, until they were open.",
            bounds: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60], labels: ["verb", "resource"])
    }

    public func observe(_ exchange: ObservedExchange) {
        let resource =
            exchange.subresource.isEmpty ? exchange.resource : "\(exchange.resource)/\(exchange.subresource)"
        requests.increment(exchange.verb, resource, exchange.status.map { "\($0)" } ?? "<error>")
        durations.observe(exchange.duration.inSeconds, exchange.verb, resource)
    }
}
