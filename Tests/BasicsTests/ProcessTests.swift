import TestSupport
import Testing

@testable import Basics

@Suite struct ProcessTests {
    static func run(
        _ script: String, timeout: Duration = .seconds(30), limit: Int = 1 << 20
    ) async -> Subprocess.End {
        await Subprocess(["sh", "-c", script], timeout: timeout, limit: limit).run()
    }

    @Test(arguments: [
        (
            "echo out; echo err >&2; exit 3",
            Subprocess.End.exited(3, output: Array("out\n".utf8), errors: Array("err\n".utf8))
        ),
        ("kill -9 $$", .killed(signal: 9, errors: [])), ("cat", .exited(0, output: [], errors: [])),
        ("sleep 2 & echo there", .exited(0, output: Array("there\n".utf8), errors: [])),
        ("head -c 100000 /dev/zero", .tooMuch),
    ])
    func `a program's end is told`(script: String, end: Subprocess.End) async {
        #expect(await Self.run(script, limit: 1000) == end)
    }

    @Test func `a program that is not there is not started`() async {
        let end = await Subprocess(["/no/such/program"], timeout: .seconds(1)).run()
        #expect(end == .notStarted("No such file or directory"))
    }

    @Test func `a timeout ends the program with all that it has started`() async {
        let end = await Self.run("sleep 1000 & sleep 1000", timeout: .milliseconds(300))
        #expect(end == .timedOut(errors: []))
    }

    @Test func `a cancelled caller ends the program`() async {
        let task = Task { await Self.run("sleep 1000") }
        task.cancel()
        #expect(await task.value == .cancelled)
    }

    @Test func `of equal variables the last counts, and no descriptor is handed on`() async {
        let start = Subprocess(
            ["sh", "-c", "echo $A; ls /proc/self/fd | wc -l"], environment: ["A=1", "PATH=/usr/bin:/bin", "A=2"],
            timeout: .seconds(30))
        // Standard input, output, error output, and the folder that ls reads.
        #expect(await start.run() == .exited(0, output: Array("2\n4\n".utf8), errors: []))
    }
}
