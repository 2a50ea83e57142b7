internal import Basics
package import Telemetry

/// A work queue's metrics, named as those of every controller (`workqueue_…`, label `name`), so that existing
/// dashboards and alerts fit.
public struct WorkQueueMetrics: Sendable {
    private let name: String
    private let depth: Gauge
    private let adds: Counter
    private let retries: Counter
    private let latency: Histogram
    private let work: Histogram
    private let unfinished: Gauge
    private let longest: Gauge

    /// From 10 ns to 10 s (client-go: `ExponentialBuckets(10e-9, 10, 10)`).
    private static let bounds = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10]

    /// - Parameter name: the value of the label `name`, the queue's own.
    package init(_ registry: MetricRegistry, name: String) {
        self.name = name
        depth = registry.gauge("workqueue_depth", "Keys that wait to be worked on.", labels: ["name"])
        adds = registry.counter("workqueue_adds_total", "Keys taken into the queue.", labels: ["name"])
        retries = registry.counter("workqueue_retries_total", "Keys added for later.", labels: ["name"])
        latency = registry.histogram(
            "workqueue_queue_duration_seconds", "How long a key waited before it was worked on.",
            bounds: Self.bounds, labels: ["name"])
        work = registry.histogram(
            "workqueue_work_duration_seconds", "How long the work on a key took.",
            bounds: Self.bounds, labels: ["name"])
        unfinished = registry.gauge(
            "workqueue_unfinished_work_seconds", "For how long those at work have been at it, all together.",
            labels: ["name"])
        longest = registry.gauge(
            "workqueue_longest_running_processor_seconds", "For how long the one that works longest has been at it.",
            labels: ["name"])
    }

    func waited(_ time: Duration) { latency.observe(time.inSeconds, name) }

    func worked(_ time: Duration) { work.observe(time.inSeconds, name) }

    /// Called before each exposition.
    func record<Key>(_ state: WorkQueueState<Key>, at now: Duration) {
        let running = state.running(at: now)
        depth.set(Double(state.depth), name)
        adds.record(total: Double(state.statistics.adds), name)
        retries.record(total: Double(state.statistics.retries), name)
        unfinished.set(running.unfinished.inSeconds, name)
        longest.set(running.longest.inSeconds, name)
    }
}
