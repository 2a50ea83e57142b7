package import Telemetry

/// Numbers of the informers of one process; each informer under its resource's name.
public struct InformerMetrics: Sendable {
    let events: Counter
    let relists: Counter
    let reopened: Counter
    let failures: Counter
    let bytes: Counter
    let decoding: Counter
    let objects: Gauge
    let synced: Gauge

    package init(_ registry: MetricRegistry) {
        events = registry.counter(
            "kpipe_informer_events_total", "Objects listed and changes watched, kept or not.", labels: ["resource"])
        relists = registry.counter(
            "kpipe_informer_relists_total", "Times that everything was read again, by reason.",
            labels: ["resource", "reason"])
        reopened = registry.counter(
            "kpipe_informer_watches_reopened_total", "Watches that ended and were gone on with.", labels: ["resource"])
        failures = registry.counter(
            "kpipe_informer_failures_total", "Lists and watches that failed or fell silent.", labels: ["resource"])
        bytes = registry.counter("kpipe_informer_received_bytes_total", "Bytes read.", labels: ["resource"])
        decoding = registry.counter(
            "kpipe_informer_decoding_seconds_total", "Time spent on reading objects.", labels: ["resource"])
        objects = registry.gauge("kpipe_informer_objects", "Records kept.", labels: ["resource"])
        synced = registry.gauge(
            "kpipe_informer_synced", "1 once the whole state has been told.", labels: ["resource"])
    }
}
