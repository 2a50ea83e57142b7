internal import Basics
package import HTTPServer
internal import KubeModel
internal import PodRules
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
    private let untilEnd: Histogram
    let failures: Counter
    let hanging: Gauge
    private let heldSeconds: Counter
    private let heldCPU: Counter
    private let heldMemory: Counter
    private let freedCPU: Counter
    private let freedMemory: Counter

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
        hanging = registry.gauge(
            "kpipe_terminator_unmarked_pods_hanging",
            "Jobs' pods whose main has ended while containers run on that nobody has marked as sidecars; left alone.")
        let holder = ["namespace", "sidecar"]
        heldSeconds = registry.counter(
            "kpipe_terminator_held_open_seconds_total",
            "Time that pods we ended were held open after main's end, by the sidecar that ended last.", labels: holder)
        heldCPU = registry.counter(
            "kpipe_terminator_held_open_cpu_seconds_total", "The same, times the CPUs that the pods asked for.",
            labels: holder)
        heldMemory = registry.counter(
            "kpipe_terminator_held_open_memory_byte_seconds_total",
            "The same, times the bytes of memory that the pods asked for.", labels: holder)
        freedCPU = registry.counter(
            "kpipe_terminator_freed_cpu_cores_total",
            "CPUs that pods we ended asked for, and would hold until somebody deletes them.", labels: ["namespace"])
        freedMemory = registry.counter(
            "kpipe_terminator_freed_memory_bytes_total",
            "Bytes of memory that pods we ended asked for, and would hold until somebody deletes them.",
            labels: ["namespace"])
    }

    /// A pod whose sidecars we have ended is closed.
    ///
    /// - Parameter mainEnd: in seconds since 1970.
    func note(closed pod: PodFacts, mainEnd: Int64) {
        let ends = pod.sidecars.compactMap { sidecar in sidecar.end.map { (name: sidecar.name, at: $0.finishedAt) } }
        guard let last = ends.max(by: { $0.at < $1.at }) else { return }
        let seconds = max(0, Double(last.at) - Double(mainEnd))
        untilEnd.observe(seconds)
        let cpus = Double(pod.capacity.cpu.thousandths) / 1000
        let bytes = Double(pod.capacity.memory.thousandths) / 1000
        heldSeconds.increment(by: seconds, pod.key.namespace, last.name)
        heldCPU.increment(by: seconds * cpus, pod.key.namespace, last.name)
        heldMemory.increment(by: seconds * bytes, pod.key.namespace, last.name)
        freedCPU.increment(by: cpus, pod.key.namespace)
        freedMemory.increment(by: bytes, pod.key.namespace)
    }
}
