import Basics
import Foundation
import HTTPServer
import Telemetry
import TestSupport
import Testing

@testable import SidecarAgent

@Suite struct AgentEndpointTests {
    static let missing = FailureCause(
        .error, container: .agent, reason: "InputMissing", message: "s3://b/k: not found", exitCode: 66)

    private func endpoint(_ phase: LifecyclePhase, _ report: StateReport? = nil) -> AgentEndpoint {
        let status = StatusBoard(AgentStatus(phase: phase, report: report, attempt: 1, epoch: "e1"))
        let registry = MetricRegistry()
        _ = AgentMetrics(registry, status: status)
        let endpoint = AgentEndpoint(metrics: registry)
        endpoint.attach(status)
        return endpoint
    }

    private func text(_ response: ServerResponse) -> String { String(decoding: response.body, as: UTF8.self) }

    static let phases: [(LifecyclePhase, Int, String)] = [
        (.pending, 503, #"{"ready":false,"phase":"pending"}"#),
        (.initializing, 503, #"{"ready":false,"phase":"initializing"}"#),
        (.ready, 200, #"{"ready":true,"phase":"ready"}"#),
        (.running, 200, #"{"ready":true,"phase":"running"}"#),
        (.settled(.success), 200, #"{"ready":true,"phase":"settled"}"#),
        (
            .settled(.failure(missing)), 200,
            #"{"ready":false,"phase":"settled","reason":"InputMissing","message":"s3://b/k: not found"}"#
        ),
    ]

    @Test(arguments: phases)
    func `startup passes once the inputs are there, or never will be`(phase: LifecyclePhase, status: Int, body: String)
    {
        let response = endpoint(phase).answer(to: ServerRequest(path: "/ready", isLoopback: true))
        #expect(response.status == status)
        #expect(text(response) == body + "\n")
    }

    @Test("names and URLs are told on loopback alone", arguments: ["/ready", "/state", "/metrics"], [true, false])
    func words(path: String, isLoopback: Bool) {
        let report = StateReport(
            StateChange("ERROR", previous: "PENDING", terminal: true, cause: Self.missing), epoch: "e1", sequence: 2,
            time: UnixTime(milliseconds: 0))
        let endpoint = endpoint(.settled(.failure(Self.missing)), report)
        let body = text(endpoint.answer(to: ServerRequest(path: path, isLoopback: isLoopback)))
        #expect(body.contains("s3://b/k") == (isLoopback && path != "/metrics"))
        #expect(body.contains("InputMissing") == (path != "/metrics"))
    }

    @Test func `the state is told as it was reported`() throws {
        #expect(
            text(endpoint(.pending).answer(to: ServerRequest(path: "/state")))
                == #"{"state":"PENDING","phase":"pending","terminal":false,"try":1,"epoch":"e1"}"# + "\n")
        let report = StateReport(
            StateChange("ERROR", previous: "INITIALIZING", terminal: true, cause: Self.missing), epoch: "e1",
            sequence: 2,
            time: UnixTime(milliseconds: 0))
        #expect(
            text(
                endpoint(.settled(.failure(Self.missing)), report)
                    .answer(to: ServerRequest(path: "/state", isLoopback: true)))
                == #"{"state":"ERROR","phase":"settled","previous":"INITIALIZING","terminal":true,"#
                + #""reason":"InputMissing","message":"s3://b/k: not found","exitCode":66,"container":"agent","try":1,"#
                + #""epoch":"e1","sequence":2,"time":"1970-01-01T00:00:00.000Z"}"# + "\n")
    }

    @Test func `before there is an agent nothing is ready`() {
        let endpoint = AgentEndpoint(metrics: MetricRegistry())
        #expect(endpoint.answer(to: ServerRequest(path: "/ready")).status == 503)
        #expect(endpoint.answer(to: ServerRequest(path: "/healthz")).status == 200)
    }

    @Test func `metrics tell the phase`() {
        let response = endpoint(.storing(.success)).answer(to: ServerRequest(path: "/metrics"))
        #expect(response.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(text(response).contains("kpipe_step_phase{phase=\"storing\"} 1\n"))
        #expect(text(response).contains("kpipe_step_phase{phase=\"running\"} 0\n"))
    }

    @Test(.requires(.curl)) func `serves over HTTP`() async throws {
        let server = try await endpoint(.ready).serve(port: 0)
        for (path, status) in [
            ("/ready", "200"), ("/state", "200"), ("/metrics", "200"), ("/healthz", "200"), ("/", "404"),
        ] {
            let code = try await output(
                "curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(server.port)\(path)"])
            #expect(code == status)
        }
        await server.stop()
    }
}
