import Telemetry
import Testing

@Suite struct MetricRegistryTests {
    private func text(_ registry: MetricRegistry) -> String { String(decoding: registry.exposition(), as: UTF8.self) }

    @Test func `writes Prometheus' text format to the letter`() {
        let registry = MetricRegistry()
        let requests = registry.counter("requests_total", "All \\ requests\nmade.", labels: ["path", "code"])
        requests.increment("/a\"b\\c\nd", "200")
        requests.increment(by: 2.5, "/", "500")
        requests.increment(by: -1, "/", "500")
        registry.gauge("temperature", "Now.").set(-0.5)
        let time = registry.histogram("seconds", "How long.", bounds: [0.1, 1], labels: ["op"])
        for value in [0.05, 0.1, 0.5, 7] { time.observe(value, "get") }
        #expect(
            text(registry) == #"""
                # HELP requests_total All \\ requests\nmade.
                # TYPE requests_total counter
                requests_total{path="/a\"b\\c\nd",code="200"} 1
                requests_total{path="/",code="500"} 2.5
                # HELP temperature Now.
                # TYPE temperature gauge
                temperature -0.5
                # HELP seconds How long.
                # TYPE seconds histogram
                seconds_bucket{op="get",le="0.1"} 2
                seconds_bucket{op="get",le="1"} 3
                seconds_bucket{op="get",le="+Inf"} 4
                seconds_sum{op="get"} 7.65
                seconds_count{op="get"} 4

                """#)
    }

    @Test func `numbers are written as Prometheus reads them`() {
        let registry = MetricRegistry()
        let gauge = registry.gauge("g", "G.", labels: ["n"])
        let values = [0, -0.0, 1e14, 1e15, 1.5e300, .infinity, -.infinity, .nan, 9_007_199_254_740_992, 0.1]
        for (index, value) in values.enumerated() { gauge.set(value, "\(index)") }
        let numbers = text(registry).split(separator: "\n").dropFirst(2).compactMap { $0.split(separator: " ").last }
        #expect(
            numbers == [
                "0", "0", "100000000000000", "1000000000000000", "1.5e+300", "+Inf", "-Inf", "NaN", "9007199254740992",
                "0.1",
            ])
    }

    @Test func `labels are bounded`() {
        let registry = MetricRegistry()
        let counter = registry.counter("c_total", "C.", labels: ["who"])
        for who in 0..<10_000 { counter.increment("w\(who)") }
        let lines = text(registry).split(separator: "\n")
        #expect(lines.count == 2 + 201)
        #expect(lines.last == #"c_total{who="other"} 9800"#)
    }

    @Test func `one name is one metric`() {
        let registry = MetricRegistry()
        registry.counter("c_total", "C.").increment()
        registry.counter("c_total", "C.").increment()
        #expect(text(registry).hasSuffix("c_total 2\n"))
    }

    @Test func `totals counted elsewhere never go back, and collectors run when asked`() {
        let registry = MetricRegistry()
        let counter = registry.counter("c_total", "C.")
        let gauge = registry.gauge("g", "G.")
        registry.onExposition {
            counter.record(total: 5)
            counter.record(total: 3)
            gauge.add(1)
        }
        _ = registry.exposition()
        let second = text(registry)
        #expect(second.contains("\nc_total 5\n"))
        #expect(second.hasSuffix("\ng 2\n"))
    }
}
