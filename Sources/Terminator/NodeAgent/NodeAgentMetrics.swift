internal import Telemetry

/// What a node agent counts.
struct NodeAgentMetrics: Sendable {
    enum Result: String {
        case stopped, foreign, failed
    }

    private let stops: Counter
    private let failures: Counter

    init(_ registry: MetricRegistry) {
        stops = registry.counter(
            "kpipe_node_agent_stops_total",
            "Containers that a cue asked to stop, by result; foreign: the runtime knows it as another pod's.",
            labels: ["result"])
        failures = registry.counter(
            "kpipe_node_agent_failures_total", "Pods that could not be read, and will be again.")
    }

    func count(_ result: Result) { stops.increment(result.rawValue) }

    func countFailure() { failures.increment() }
}
