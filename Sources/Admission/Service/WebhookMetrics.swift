internal import Telemetry

/// What the webhook counts.
struct WebhookMetrics: Sendable {
    let requests: Counter
    let seconds: Histogram
    let expiry: Gauge

    init(_ registry: MetricRegistry) {
        requests = registry.counter(
            "kpipe_webhook_requests_total", "Requests to the webhook, by what became of them.", labels: ["result"])
        seconds = registry.histogram(
            "kpipe_webhook_request_seconds", "From a whole request to its answer.",
            bounds: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
        expiry = registry.gauge(
            "kpipe_webhook_certificate_expiry_timestamp_seconds",
            "When the certificate that is shown ends, in seconds since 1970; 0 while there is none.")
    }
}
