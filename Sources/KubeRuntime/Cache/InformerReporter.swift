internal import Basics
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
            case .expired: logger.info("watch expired, relisting")
            case .requested: logger.info("relisting", metadata: ["reason": "\(reason)"])
            case .versionTooLarge, .garbled, .noVersion, .outOfOrder:
                logger.warning("relisting", metadata: ["reason": "\(reason)"])
            }
        case .failed(let failure, let delay):
            metrics?.failures.increment(resource)
            logger.warning(
                "list or watch failed, retrying",
                metadata: ["error": "\(failure.words)", "retry": "\(DurationText.print(delay))"])
        case .streamingUnavailable(let failure):
            logger.debug("streaming lists unsupported, listing in pages", metadata: ["error": "\(failure.words)"])
        case .silent:
            metrics?.failures.increment(resource)
            logger.warning("watch stalled, reconnecting")
        }
    }

    func report(objects: Int) { metrics?.objects.set(Double(objects), resource) }

    /// A number that is only ever set to 1 could not be asked for being 0.
    func reportStart() { metrics?.synced.set(0, resource) }

    func reportSynced() {
        metrics?.synced.set(1, resource)
        logger.info("cache synced")
    }

    /// - Parameter object: `nil` where not even its name can be read.
    func report(unreadable object: ObjectKey?, _ error: WireError) {
        metrics?.unreadable.increment(resource)
        logger.warning(
            "skipping unreadable object",
            metadata: ["object": "\(object?.description ?? "unknown")", "error": "\(error)"])
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
    let unreadable: Counter
    let objects: Gauge
    let synced: Gauge

    package init(_ registry: MetricRegistry) {
        events = registry.counter(
            "kpipe_informer_events_total", "Objects listed and changes watched, kept or not.", labels: ["resource"])
        relists = registry.counter(
            "kpipe_informer_relists_total", "Lists of the whole state after the first, by reason.",
            labels: ["resource", "reason"])
        reopened = registry.counter(
            "kpipe_informer_watches_reopened_total", "Watches that ended and were resumed.", labels: ["resource"])
        failures = registry.counter(
            "kpipe_informer_failures_total", "Lists and watches that failed or stalled.", labels: ["resource"])
        bytes = registry.counter("kpipe_informer_received_bytes_total", "Bytes read.", labels: ["resource"])
        decoding = registry.counter(
            "kpipe_informer_decoding_seconds_total", "Time spent on reading objects.", labels: ["resource"])
        unreadable = registry.counter(
            "kpipe_informer_unreadable_objects_total", "Objects that could not be read and were skipped.",
            labels: ["resource"])
        objects = registry.gauge("kpipe_informer_objects", "Records kept.", labels: ["resource"])
        synced = registry.gauge(
            "kpipe_informer_synced", "1 once the cache has synced, 0 before.", labels: ["resource"])
    }
}
