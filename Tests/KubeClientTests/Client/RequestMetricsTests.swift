import Telemetry
import Testing

@testable import KubeClient

@Suite struct RequestMetricsTests {
    @Test func countsByVerbResourceAndCode() {
        let registry = MetricRegistry()
        let metrics = RequestMetrics(registry)
        for status in [200, 200, 409, nil] {
            metrics.observe(
                ObservedRequest(
                    verb: "patch", resource: "pods", subresource: "status", status: status,
                    duration: .milliseconds(30)))
        }
        let text = String(decoding: registry.exposition(), as: UTF8.self)
        for line in [
            #"rest_client_requests_total{verb="patch",resource="pods/status",code="200"} 2"#,
            #"rest_client_requests_total{verb="patch",resource="pods/status",code="409"} 1"#,
            #"rest_client_requests_total{verb="patch",resource="pods/status",code="<error>"} 1"#,
            #"rest_client_request_duration_seconds_bucket{verb="patch",resource="pods/status",le="0.025"} 0"#,
            #"rest_client_request_duration_seconds_bucket{verb="patch",resource="pods/status",le="0.1"} 4"#,
        ] { #expect(text.contains(line), "\(text)") }
    }
}
