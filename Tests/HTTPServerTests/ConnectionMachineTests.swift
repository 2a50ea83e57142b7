import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServer

/// One connection, without one: what comes in, and what is to be done.
@Suite struct ConnectionMachineTests {
    enum Input {
        case opened, end, sent, stop
        case headBytes(Int)
        case head(HTTPMethod = .GET, [(String, String)] = [])
        case body(Int)
        case failed(ConnectionMachine.Failure)
        case answered(leaving: Bool = false)
    }

    typealias Effect = ConnectionMachine.Effect

    struct Step {
        var input: Input
        var effects: [Effect]
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var isReadOnly = true
        var steps: @Sendable () -> [Step]
        var intake: ConnectionMachine.Intake
        var phase: ConnectionBook.Phase
        /// What is left of ten bytes.
        var free = 10
    }

    static let limits = {
        var limits = ServerLimits.status
        (limits.head, limits.body, limits.bodies) = (100, 8, 10)
        (limits.request, limits.answer) = (.seconds(1), .seconds(2))
        (limits.response, limits.idle) = (.seconds(4), .seconds(8))
        return limits
    }()

    static let ok = ServerResponse.text("ok")
    static let request = Effect.expect(.seconds(1))
    static let answer = Effect.expect(.seconds(6))
    static let response = Effect.expect(.seconds(4))
    static let idle = Effect.expect(.seconds(8))
    static let linger = Effect.expect(.seconds(2))

    static func ask(_ method: String = "GET", _ body: Int = 0) -> [Effect] {
        [answer, .ask(ServerRequest(method: method, path: "/p", body: .init(repeating: 0x78, count: body)))]
    }
    static func send(_ answer: ServerResponse = ok, isLast: Bool = false, hasBody: Bool = true) -> [Effect] {
        [response, .send(answer, hasBody: hasBody, isLast: isLast)]
    }
    static func refusal(_ status: Int, _ text: String, _ headers: [String: String] = [:]) -> [Effect] {
        send(.text(text, status: status, headers: headers), isLast: true)
    }
    static let tooLarge = refusal(413, "the body is larger than 8 bytes")
    static let close = ("Connection", "close")

    static let exchange = [
        Step(input: .opened, effects: [request]), Step(input: .headBytes(40), effects: []),
        Step(input: .head(), effects: [request]), Step(input: .end, effects: ask()),
        Step(input: .answered(), effects: send()), Step(input: .sent, effects: [idle]),
    ]

    static let cases: [Case] = [
        Case(
            testDescription: "a head begins", steps: { [Step(input: .headBytes(30), effects: [])] },
            intake: .atMost(70), phase: .fresh),
        Case(testDescription: "one exchange", steps: { exchange }, intake: .atMost(100), phase: .idle),
        Case(
            testDescription: "another begins", steps: { exchange + [Step(input: .headBytes(1), effects: [request])] },
            intake: .atMost(99), phase: .idle),
        Case(
            testDescription: "while it is answered", steps: { Array(exchange[..<4]) }, intake: .atMost(100),
            phase: .working),
        Case(
            testDescription: "while the answer leaves", steps: { Array(exchange[..<5]) }, intake: .atMost(100),
            phase: .taking),
        Case(
            testDescription: "HEAD has no body",
            steps: {
                [
                    Step(input: .head(.HEAD), effects: [request]), Step(input: .end, effects: ask("HEAD")),
                    Step(input: .answered(), effects: send(hasBody: false)),
                ]
            }, intake: .atMost(100), phase: .taking),
        Case(
            testDescription: "the caller wants an end",
            steps: {
                [
                    Step(input: .head(.GET, [close]), effects: [request]), Step(input: .end, effects: ask()),
                    Step(input: .answered(), effects: send(isLast: true)), Step(input: .sent, effects: [.close]),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "another method than GET and HEAD, its body dropped",
            steps: {
                [
                    Step(input: .head(.POST, [("Content-Length", "3")]), effects: [request]),
                    Step(input: .body(3), effects: []),
                    Step(input: .end, effects: send(.methodNotAllowed("GET, HEAD"))),
                    Step(input: .sent, effects: [idle]),
                ]
            }, intake: .atMost(100), phase: .idle),
        Case(
            testDescription: "another method that would wait",
            steps: {
                [
                    Step(
                        input: .head(.PUT, [("Expect", "100-Continue")]),
                        effects: send(.methodNotAllowed("GET, HEAD"), isLast: true)),
                    Step(input: .sent, effects: [.closeOutput, linger]),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "a body", isReadOnly: false,
            steps: {
                [
                    Step(input: .head(.POST, [("Expect", "100-continue")]), effects: [request, .invite]),
                    Step(input: .body(3), effects: []), Step(input: .body(4), effects: []),
                    Step(input: .end, effects: ask("POST", 7)),
                ]
            }, intake: .atMost(100), phase: .working, free: 3),
        Case(
            testDescription: "its bytes are given back", isReadOnly: false,
            steps: {
                [
                    Step(input: .head(.POST), effects: [request]), Step(input: .body(7), effects: []),
                    Step(input: .end, effects: ask("POST", 7)), Step(input: .answered(), effects: send()),
                ]
            }, intake: .atMost(100), phase: .taking),
        Case(
            testDescription: "a body that says it is too large", isReadOnly: false,
            steps: { [Step(input: .head(.POST, [("Content-Length", "9")]), effects: tooLarge)] }, intake: .none,
            phase: .taking),
        Case(
            testDescription: "a body larger than any number",
            steps: {
                [Step(input: .head(.POST, [("Content-Length", "18446744073709551615")]), effects: tooLarge)]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "a body that becomes too large", isReadOnly: false,
            steps: {
                [
                    Step(input: .head(.POST), effects: [request]), Step(input: .body(8), effects: []),
                    Step(input: .body(1), effects: tooLarge), Step(input: .body(1), effects: []),
                    Step(input: .end, effects: []), Step(input: .sent, effects: [.closeOutput, linger]),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "a head too large",
            steps: {
                [
                    Step(input: .headBytes(100), effects: []),
                    Step(input: .failed(.headTooLarge), effects: refusal(431, "request too large")),
                    Step(input: .failed(.malformed), effects: []),
                    Step(input: .sent, effects: [.closeOutput, linger]), Step(input: .failed(.malformed), effects: []),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "no head at all",
            steps: { [Step(input: .failed(.malformed), effects: refusal(400, "bad request"))] }, intake: .none,
            phase: .taking),
        Case(
            testDescription: "the connection breaks",
            steps: { exchange[..<4] + [Step(input: .failed(.broken), effects: [.cut])] }, intake: .atMost(100),
            phase: .working),
        Case(
            testDescription: "nonsense during an answer comes after it",
            steps: {
                exchange[..<4] + [
                    Step(input: .failed(.malformed), effects: []),
                    Step(input: .answered(), effects: send(isLast: true)),
                    Step(input: .sent, effects: [.closeOutput, linger]),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "a caller that does not wait for its answer gets that one only",
            steps: {
                exchange[..<4] + [
                    Step(input: .head(), effects: []), Step(input: .end, effects: []),
                    Step(input: .answered(), effects: send(isLast: true)), Step(input: .sent, effects: [.close]),
                ]
            }, intake: .none, phase: .taking),
        Case(
            testDescription: "leaving",
            steps: { exchange[..<4] + [Step(input: .answered(leaving: true), effects: send(isLast: true))] },
            intake: .none, phase: .taking),
        Case(
            testDescription: "stopped between requests", steps: { exchange + [Step(input: .stop, effects: [.close])] },
            intake: .none, phase: .idle),
        Case(
            testDescription: "stopped during an answer",
            steps: {
                exchange[..<4] + [
                    Step(input: .stop, effects: []), Step(input: .answered(), effects: send(isLast: true)),
                    Step(input: .sent, effects: [.close]), Step(input: .answered(), effects: []),
                ]
            }, intake: .none, phase: .taking),
    ]

    @Test(arguments: cases) func doesWhatItMust(_ example: Case) {
        var machine = ConnectionMachine(Self.limits, isReadOnly: example.isReadOnly, isLoopback: false)
        var budget = ByteBudget(Self.limits.bodies)
        for (index, step) in example.steps().enumerated() {
            let effects =
                switch step.input {
                case .opened: machine.opened()
                case .headBytes(let count): machine.headBytes(count)
                case .head(let method, let headers):
                    machine.head(
                        HTTPRequestHead(
                            version: .http1_1, method: method, uri: "/p?q#f", headers: HTTPHeaders(headers)))
                case .body(let count): machine.body(ByteBuffer(repeating: 0x78, count: count), &budget)
                case .end: machine.end()
                case .failed(let failure): machine.failed(failure)
                case .answered(let isLeaving): machine.answered(Self.ok, isLeaving: isLeaving, &budget)
                case .sent: machine.sent()
                case .stop: machine.stop()
                }
            #expect(effects == step.effects, "step \(index)")
        }
        #expect(machine.intake == example.intake)
        #expect(machine.phase == example.phase)
        #expect(budget.free == example.free)
    }

    @Test func `bodies beyond the budget are put off, and what was held is given back`() {
        var budget = ByteBudget(6)
        var machine = ConnectionMachine(Self.limits, isReadOnly: false, isLoopback: false)
        _ = machine.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))
        let taken = machine.body(ByteBuffer(repeating: 0, count: 5), &budget)
        #expect(taken == [])
        #expect(budget.free == 1)
        let refused = machine.body(ByteBuffer(repeating: 0, count: 2), &budget)
        #expect(refused == Self.refusal(503, "too much at once; try again", ["Retry-After": "1"]))
        #expect(budget.free == 6)
    }

    @Test func `a connection that ends gives back what it held`() {
        var budget = ByteBudget(5)
        var machine = ConnectionMachine(Self.limits, isReadOnly: false, isLoopback: false)
        _ = machine.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))
        _ = machine.body(ByteBuffer(repeating: 0, count: 5), &budget)
        machine.ended(&budget)
        machine.ended(&budget)
        #expect(budget.free == 5)
    }

    @Test func `a body that is being answered counts after its caller has hung up`() {
        var budget = ByteBudget(5)
        var machine = ConnectionMachine(Self.limits, isReadOnly: false, isLoopback: false)
        _ = machine.head(HTTPRequestHead(version: .http1_1, method: .POST, uri: "/"))
        _ = machine.body(ByteBuffer(repeating: 0, count: 5), &budget)
        _ = machine.end()
        machine.ended(&budget)
        #expect(budget.free == 0)
        _ = machine.answered(Self.ok, isLeaving: false, &budget)
        #expect(budget.free == 5)
    }
}
