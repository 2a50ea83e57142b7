import KubeModel
import Testing

@testable import KubeClient

@Suite struct ExecMachineTests {
    @Test func keepsTheStreamsApart() {
        var machine = ExecMachine(limit: 100)
        machine.receive(channel: 1, Array("out".utf8))
        machine.receive(channel: 2, Array("err".utf8))
        machine.receive(channel: 1, Array("put".utf8))
        machine.receive(channel: 9, Array("?".utf8))
        #expect(machine.output == Array("output".utf8))
        #expect(machine.error == Array("err".utf8))
        #expect(!machine.isCut)
    }

    @Test(arguments: [(5, 5, false), (5, 6, true), (0, 1, true), (0, 0, false)])
    func keepsNoMoreThanItMay(limit: Int, count: Int, isCut: Bool) {
        var machine = ExecMachine(limit: limit)
        for _ in 0..<count { machine.receive(channel: 1, [1]) }
        #expect(machine.output.count == min(limit, count))
        #expect(machine.isCut == isCut)
    }

    @Test(arguments: [
        (#"{"metadata":{},"status":"Success"}"#, ExecMachine.End.exited(0)),
        (
            #"{"metadata":{},"status":"Failure","message":"command terminated with non-zero exit code","reason":"#
                + #""NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"143"}]}}"#, .exited(143)
        ),
        (
            #"{"metadata":{},"status":"Failure","message":"no such file","reason":"InternalError","code":500}"#,
            .failed(APIStatus(code: 500, reason: "InternalError", message: "no such file"))
        ),
        // Without the code, or with one that is none, nothing is known.
        (
            #"{"status":"Failure","message":"odd","reason":"NonZeroExitCode","details":{"causes":[]}}"#,
            .failed(APIStatus(code: 500, reason: "NonZeroExitCode", message: "odd"))
        ),
        ("plain words", .failed(APIStatus(code: 500, reason: "InternalError", message: "plain words"))),
        ("", .lost),
    ])
    func readsHowItEnded(_ status: String, _ expected: ExecMachine.End) {
        var machine = ExecMachine(limit: 10)
        // In pieces, as it may come.
        for byte in status.utf8 { machine.receive(channel: 3, [byte]) }
        #expect(machine.end() == expected)
    }

    @Test func readsNoEndlessStatus() {
        var machine = ExecMachine(limit: 10)
        for _ in 0..<100 { machine.receive(channel: 3, [UInt8](repeating: 0x61, count: 10_000)) }
        guard case .failed(let status) = machine.end() else { return #expect(Bool(false)) }
        #expect(status.message.count == 1024)
    }
}
