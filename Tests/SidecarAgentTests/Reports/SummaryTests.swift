import Basics
import Testing

@testable import SidecarAgent

@Suite struct SummaryTests {
    private static let summary = StepSummary(outputs: 3, outputBytes: 1 << 40, memoryPeak: nil, cpuSeconds: 1.5)

    private static func event(terminal: Bool, traceparent: String?, main: String? = nil) -> CloudEvent {
        let change = StateChange("DONE", previous: "TERMINATING", terminal: terminal)
        let report = StateReport(
            change, epoch: "e", sequence: 1, time: UnixTime(milliseconds: 0), summary: summary,
            traceparent: main)
        let pod = PodIdentity(environment: ["TRACEPARENT": traceparent ?? ""])
        return CloudEvent(report: report, pod: pod)
    }

    @Test func `the terminal report alone says what the step came to`() {
        let last = Self.event(terminal: true, traceparent: nil).structured.text
        #expect(last.contains(#""summary":{"outputs":3,"outputBytes":1099511627776,"cpuSeconds":1.5}"#))
        #expect(last.contains(#""reason":null"#) && !last.contains("traceparent"))
        #expect(!Self.event(terminal: false, traceparent: nil).structured.text.contains("summary"))
    }

    @Test(arguments: [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true),
        ("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-4BF92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", false), ("x\r\nHost: evil", false), ("", false),
    ])
    func `a trace is passed on where it is one`(traceparent: String, isOne: Bool) {
        let event = Self.event(terminal: false, traceparent: traceparent)
        #expect(event.structured.text.contains(#""traceparent":"\#(traceparent)""#) == isOne)
        #expect(event.attributes.contains { $0.name == "ce-traceparent" && $0.value == traceparent } == isOne)
    }

    @Test func `main's trace is passed on where the agent has none`() {
        let (own, main) = (
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        )
        for (agent, expected) in [(nil, main), (own, own)] as [(String?, String)] {
            let event = Self.event(terminal: true, traceparent: agent, main: main)
            #expect(event.structured.text.contains(#""traceparent":"\#(expected)""#))
            #expect(event.attributes.filter { $0.name == "ce-traceparent" }.map(\.value) == [expected])
        }
    }
}
