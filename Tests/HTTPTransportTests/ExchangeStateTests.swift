import Testing

@testable import HTTPTransport

/// The exchange's machine alone: virtual time, no sockets.
@Suite struct ExchangeStateTests {
    typealias Input = ExchangeState.Input
    typealias Effect = ExchangeState.Effect

    static let start = ContinuousClock.now
    static let timeouts = HTTPTimeouts(
        connect: .seconds(1), firstByte: .seconds(2), stall: .seconds(3), minimumRate: 8, total: .seconds(100))

    static func machine(
        _ payload: RequestPlan.Payload = .get, timeouts: HTTPTimeouts = timeouts, isHead: Bool = false,
        decodes: Bool = false
    ) -> ExchangeState {
        ExchangeState(.init(timeouts: timeouts, payload: payload, isHead: isHead, decodesBody: decodes), at: start)
    }

    static func lines(_ text: String) -> [Input] {
        (text.split(separator: "|") + [""]).map { .headerLine($0 + "\r\n") }
    }

    struct Script: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var payload = RequestPlan.Payload.get
        var steps: [(seconds: Double, input: Input)]
        /// The effect of the last step.
        var effect: Effect
        var phase: ExchangeState.Phase
        var verdict: TransportError.Reason?
        /// Seconds from the start; `nil` for none but the total.
        var deadline: Double?
    }

    static let head = lines("HTTP/1.1 200 OK|Content-Length: 5")
    static let final = HTTPResponseHead(status: 200, headers: ["Content-Length": "5"])

    static func at(_ seconds: Double, _ inputs: [Input]) -> [(seconds: Double, input: Input)] {
        inputs.map { (seconds, $0) }
    }

    static let scripts: [Script] = [
        Script(testDescription: "fresh", steps: [], effect: .none, phase: .connecting, deadline: 1),
        Script(
            testDescription: "too long to connect", steps: [(1, .tick)], effect: .remove, phase: .connecting,
            verdict: .timeout("connect"), deadline: 1),
        Script(
            testDescription: "a tick before its time", steps: [(0.9, .tick)], effect: .none, phase: .connecting,
            deadline: 1),
        Script(
            testDescription: "connected, nothing to send", steps: [(0.5, .connected)], effect: .none, phase: .waiting,
            deadline: 2.5),
        Script(
            testDescription: "an empty body is nothing to send", payload: .upload(0), steps: [(0.5, .connected)],
            effect: .none, phase: .waiting, deadline: 2.5),
        Script(
            testDescription: "no first byte", steps: [(0.5, .connected), (2.5, .tick)], effect: .remove,
            phase: .waiting,
            verdict: .timeout("firstByte"), deadline: 2.5),
        Script(
            testDescription: "connected, something to send", payload: .upload(9), steps: [(0.5, .connected)],
            effect: .none, phase: .sending, deadline: 3.5),
        Script(
            testDescription: "sending moves the stall", payload: .upload(nil),
            steps: [(0, .connected), (2, .source(.filled(1000)))], effect: .none, phase: .sending, deadline: 5),
        Script(
            testDescription: "the announced length sent is all sent", payload: .upload(9),
            steps: [(0, .connected), (2, .source(.filled(9)))], effect: .none, phase: .waiting, deadline: 4),
        Script(
            testDescription: "the source's end is all sent", payload: .upload(nil),
            steps: [(0, .connected), (2, .source(.end))], effect: .none, phase: .waiting, deadline: 4),
        Script(
            testDescription: "a source that pauses stops the clock", payload: .upload(nil),
            steps: [(0, .connected), (1, .source(.pause)), (50, .tick)], effect: .none, phase: .sending, deadline: nil),
        Script(
            testDescription: "and starts it again with what was left", payload: .upload(nil),
            steps: [(0, .connected), (1, .source(.pause)), (50, .resumed)], effect: .resume, phase: .sending,
            deadline: 52),
        Script(
            testDescription: "a source that fails", payload: .upload(nil),
            steps: [(0, .connected), (1, .source(.fail("gone")))], effect: .stop, phase: .sending,
            verdict: .bodySource("gone"), deadline: 3),
        Script(
            testDescription: "sent again on a fresh connection", payload: .upload(9),
            steps: [(0, .connected), (1, .source(.filled(9))), (1, .rewound(true)), (2, .connected)], effect: .none,
            phase: .sending, deadline: 5),
        Script(
            testDescription: "cannot be sent again", payload: .upload(9),
            steps: [(0, .connected), (1, .source(.filled(9))), (1, .rewound(false))], effect: .stop, phase: .waiting,
            verdict: .bodySource("the body cannot be sent a second time"), deadline: 3),
        Script(
            testDescription: "a head", steps: [(0, .connected)] + at(1, head), effect: .begin(final), phase: .receiving,
            deadline: 4),
        Script(
            testDescription: "half a head stalls",
            steps: [(0, .connected), (1, .headerLine("HTTP/1.1 200 OK\r\n")), (4, .tick)], effect: .remove,
            phase: .receiving, verdict: .timeout("stall"), deadline: 4),
        Script(
            testDescription: "an informational head is waited past",
            steps: [(0, .connected)] + at(1, lines("HTTP/1.1 103 Early Hints|Link: x")), effect: .none, phase: .waiting,
            deadline: 3),
        Script(
            testDescription: "100 Continue lets the body go", payload: .upload(9),
            steps: [(0, .connected)] + at(1, lines("HTTP/1.1 100 Continue")), effect: .none, phase: .sending,
            deadline: 4),
        Script(
            testDescription: "a final head before all is sent", payload: .upload(9),
            steps: [(0, .connected)] + at(1, head), effect: .begin(final), phase: .receiving, deadline: 4),
        Script(
            testDescription: "a body is delivered",
            steps: [(0, .connected)] + at(1, head) + [(2, .body(5)), (2, .took(5, .proceed))], effect: .none,
            phase: .receiving, deadline: 4.625),
        Script(
            testDescription: "more than announced", steps: [(0, .connected)] + at(1, head) + [(2, .body(6))],
            effect: .stop, phase: .receiving, verdict: .bodyLength("more than the announced 5 bytes arrived"),
            deadline: 4.75),
        Script(
            testDescription: "a body without a head", steps: [(0, .connected), (1, .body(1))], effect: .stop,
            phase: .waiting, verdict: .malformedResponse("a body without a head"), deadline: 2),
        Script(
            testDescription: "a sink that pauses stops the clock",
            steps: [(0, .connected)] + at(1, head) + [(2, .body(5)), (2, .took(5, .pause)), (60, .tick)], effect: .none,
            phase: .receiving, deadline: nil),
        Script(
            testDescription: "what comes meanwhile is kept",
            steps: [(0, .connected)] + at(1, head) + [(2, .body(5)), (2, .took(5, .pause)), (60, .body(5))],
            effect: .hold, phase: .receiving, deadline: nil),
        Script(
            testDescription: "and given again after the pause",
            steps: [(0, .connected)] + at(1, head)
                + [(2, .body(5)), (2, .took(5, .pause)), (60, .resumed), (60, .body(5))], effect: .deliver,
            phase: .receiving, deadline: 63),
        Script(
            testDescription: "a sink that pauses at the head gets nothing",
            steps: [(0, .connected)] + at(1, head) + [(1, .began(.pause)), (2, .body(5))], effect: .hold,
            phase: .receiving, deadline: nil),
        Script(
            testDescription: "a resume without a pause is nothing", steps: [(0, .connected), (1, .resumed)],
            effect: .none, phase: .waiting, deadline: 2),
        Script(
            testDescription: "a sink that stops",
            steps: [(0, .connected)] + at(1, head) + [(2, .body(5)), (2, .took(5, .stop("full")))], effect: .stop,
            phase: .receiving, verdict: .bodySink("full"), deadline: 4.625),
        Script(
            testDescription: "a head that is refused",
            steps: [(0, .connected)] + at(1, head) + [(1, .began(.stop("no")))],
            effect: .stop, phase: .receiving, verdict: .bodySink("no"), deadline: 4),
        Script(
            testDescription: "the total counts paused time too",
            steps: [(0, .connected)] + at(1, head) + [(2, .body(5)), (2, .took(5, .pause)), (100, .tick)],
            effect: .remove, phase: .receiving, verdict: .timeout("total"), deadline: nil),
        Script(
            testDescription: "cancelled while connecting", steps: [(0.1, .cancelled)], effect: .remove,
            phase: .connecting, verdict: .cancelled, deadline: 1),
        Script(
            testDescription: "the first reason stays", steps: [(0.1, .clientClosed), (0.2, .cancelled)],
            effect: .remove,
            phase: .connecting, verdict: .clientClosed, deadline: 1),
    ]

    @Test(arguments: scripts)
    func steps(through script: Script) {
        var machine = Self.machine(script.payload)
        var effect = Effect.none
        for step in script.steps { effect = machine.handle(step.input, at: Self.start + .seconds(step.seconds)) }
        #expect(effect == script.effect)
        #expect(machine.phase == script.phase)
        #expect(machine.verdict == script.verdict)
        #expect(machine.nothingSent == (script.phase == .connecting))
        #expect(machine.deadline == Self.start + .seconds(script.deadline ?? 100))
    }

    @Test func withoutBoundsThereIsNoDeadline() {
        var machine = Self.machine(timeouts: .init(connect: nil, firstByte: nil, stall: nil, total: nil))
        for input in [Input.connected] + Self.head + [.body(3), .took(3, .proceed)] {
            _ = machine.handle(input, at: Self.start)
            #expect(machine.deadline == nil)
        }
    }

    @Test(arguments: [
        ("HTTP/1.1 200 OK|Content-Length: 5", 5, false, nil),
        ("HTTP/1.1 200 OK|Content-Length: 5", 4, false, "4 bytes of 5 arrived"),
        ("HTTP/1.1 200 OK", 4, false, nil),
        ("HTTP/1.1 200 OK|Transfer-Encoding: chunked", 4, false, nil),
        ("HTTP/1.1 200 OK|Content-Length: 5", 0, true, nil),
        ("HTTP/1.1 304 Not Modified|Content-Length: 5", 0, false, nil),
        ("HTTP/2 204", 0, false, nil),
    ])
    func theEndIsWholeOnlyAtItsLength(text: String, count: Int, isHead: Bool, fault: String?) {
        var machine = Self.machine(isHead: isHead)
        for input in [.connected] + Self.lines(text) { _ = machine.handle(input, at: Self.start) }
        if count > 0 { _ = machine.handle(.body(count), at: Self.start) }
        switch machine.conclusion(CurlOutcome(code: 0, message: "")) {
        case .whole: #expect(fault == nil)
        case .failed(let reason): #expect(fault.map { .bodyLength($0) } == reason)
        }
    }

    @Test func aCompressedBodyIsMeasuredOnTheWire() {
        var machine = Self.machine(decodes: true)
        for input in [.connected] + Self.head + [.body(900)] { _ = machine.handle(input, at: Self.start) }
        #expect(machine.conclusion(CurlOutcome(code: 0, message: "", wireBytes: 5)) == .whole(Self.final))
        #expect(
            machine.conclusion(CurlOutcome(code: 0, message: "", wireBytes: 4))
                == .failed(.bodyLength("4 bytes of 5 arrived")))
    }

    @Test func anEndWithoutAHeadIsNoResponse() {
        #expect(
            Self.machine().conclusion(CurlOutcome(code: 0, message: ""))
                == .failed(.malformedResponse("the response has no head")))
    }
}
