internal import KubeModel
internal import Logging
package import Telemetry

/// Counts what an informer sees, and logs what an operator should know.
struct InformerReporter: Sendable {
    private let resource: String
    private let metrics: InformerMetrics?
    private let logger: Logger

    init(_ resource: APIResource, _ options: InformerOptions) {
        self.resource = resource.plural
        metrics = options.metrics
        var logger = options.logger
        logger[metadataKey: "resource"] = "\(resource.plural)"
        self.logger = logger
    }

    func report(_ note: WatchNote) {
        switch note {
        case .reopened: metrics?.reopened.increment(resource)
        case .relisting(let reason):
            metrics?.relists.increment(resource, reason.rawValue)
            switch reason {
            case .expired, .requested: logger.info("reading everything again", metadata: ["reason": "\(reason)"])
            case .versionTooLarge, .garbled, .noVersion, .outOfOrder:
                logger.warning("reading everything again", metadata: ["reason": "\(reason)"])
            }
        case .failed(let failure, let delay):
            metrics?.failures.increment(resource)
            logger.warning(
                "cannot follow the server", metadata: ["error": "\(failure.words)", "retry": "\(delay)"])
        case .streamingUnavailable(let failure):
            logger.debug("no streamed lists here", metadata: ["error": "\(failure.words)"])
        case .silent:
            metrics?.failures.increment(resource)
            logger.warning("the server has fallen silent; connecting anew")
        }
    }

    func report(objects: Int) { metrics?.objects.set(Double(objects), resource) }

    func reportSynced() {
        metrics?.synced.set(1, resource)
        logger.info("in step with the server")
    }

    func report(bytes: Int, events: Int, took: Duration) {
        guard let metrics else { return }
        metrics.bytes.increment(by: Double(bytes), resource)
        metrics.events.increment(by: Double(events), resource)
        metrics.decoding.increment(by: took / .seconds(1), resource)
    }
}

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
