import Foundation
import TestSupport
import Testing
import WorkdirProtocol

/// Much output, none, readers that go away, disks that are full.
@Suite struct StreamTests {
    @Test func passesAGigabyte() async throws {
        let step = try Step()
        let line = String(repeating: "x", count: 127)
        let lines = 1 << 23
        let finished = try await run(
            "sh",
            [
                "-c", #""$0" run --workdir "$1" -- sh -c "yes $2 | head -n $3" | wc -c"#, try Product.entrypoint.path,
                step.workdir.path, line, "\(lines)",
            ], limit: .seconds(120))
        #expect(finished.output == "\(1 << 30)\n")
        #expect(step.state == "SUCCESS\n")
        let log = try FileManager.default.attributesOfItem(atPath: step.workdir[WorkdirPath.outputLog])
        let own = "WRAPPER> the command has ended with exit code 0\n"
        #expect(log[.size] as? Int == lines * (line.count + "OUT> \n".count) + own.count)
    }

    @Test func theLogHasEveryLineAndEveryByte() async throws {
        let step = try Step()
        let bytes = seededBytes(3_000_000)
        try step.workdir.write(bytes, to: "data")
        let finished = try await step.run(sh: "cat $KPIPE_WORKDIR/data >&2; seq 100000")
        #expect(finished.output.split(separator: "\n").count == 100_000)
        #expect(try step.workdir.read(WorkdirPath.outputError) == bytes)
        let log = try step.workdir.read(WorkdirPath.outputLog)
        let numbers = log.split(separator: 0x0A).filter { $0.starts(with: "OUT> ".utf8) }
        #expect(numbers.elementsEqual((1...100_000).map { Array("OUT> \($0)".utf8) }) { $0.elementsEqual($1) })
    }

    @Test func aReaderThatLeavesDoesNotEndTheStep() async throws {
        let step = try Step()
        _ = try await run(
            "bash",
            [
                "-c", #""$0" run --workdir "$1" -- sh -c 'seq 50000; echo last' | head -n 1; exit ${PIPESTATUS[0]}"#,
                try Product.entrypoint.path, step.workdir.path,
            ])
        #expect(step.state == "SUCCESS\n")
        #expect(step.log.contains("OUT> 50000\nOUT> last\n"))
    }

    @Test func aSlowReaderLosesNothing() async throws {
        let step = try Step()
        let finished = try await run(
            "bash",
            [
                "-c", #""$0" run --workdir "$1" -- seq 200000 | (sleep 1.5; tail -n 1)"#,
                try Product.entrypoint.path, step.workdir.path,
            ])
        #expect(finished.output == "200000\n")
    }

    /// As where a node's log reader is stuck: the end is told within the grace.
    @Test func aReaderThatTakesNothingHoldsUpNobodyWhoIsAskedToEnd() async throws {
        let step = try Step()
        #expect(mkfifo(step.workdir["pipe"], 0o600) == 0)
        let child = try ChildProcess(
            "bash",
            [
                "-c",
                #"""
                exec 3<>"$1/pipe"
                "$0" run --workdir "$1" -- yes >&3 & run=$!
                until [ "$(stat -c %s "$1/output/log" 2>/dev/null || echo 0)" -gt 65535 ]; do sleep 0.02; done
                kill -TERM $run; wait $run
                """#, try Product.entrypoint.path, step.workdir.path,
            ])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(143))
        #expect(step.state == "KILLED\n")
    }

    @Test func closedStandardStreamsDoNoHarm() async throws {
        let step = try Step()
        let finished = try await run(
            "bash",
            [
                "-c", #""$0" run --workdir "$1" -- sh -c 'echo a; echo b >&2; cat' <&- >&- 2>&-"#,
                try Product.entrypoint.path, step.workdir.path,
            ])
        #expect(finished.status == .exited(0))
        #expect(step.log.contains("OUT> a\n") && step.log.contains("ERROR> b\n"))
    }

    @Test func aPromptIsInTheLogBeforeItsLineEnds() async throws {
        let step = try Step()
        let child = try step.start([], ["sh", "-c", "printf 'half a line'; exec sleep 1000"])
        try await eventually("the half line") { step.log == "OUT> half a line" }
        child.kill(SIGTERM)
        _ = try await child.wait(atMost: .seconds(30))
    }

    @Test(.enabled(if: getuid() == 0, "mounting a small file system needs root"))
    func aFullDiskEndsTheLogAlone() async throws {
        let step = try Step(ready: false)
        try await output("mount", ["-t", "tmpfs", "-o", "size=256k", "none", step.workdir.path])
        defer { umount(step.workdir.path) }
        try step.makeReady()
        let finished = try await step.run(sh: "seq 200000; echo end >&2")
        #expect(finished.status == .exited(0))
        #expect(finished.output.hasSuffix("200000\n"))
        #expect(finished.error.contains("output/log: No space left on device; the command goes on without it"))
        #expect(finished.error.contains("end\n"))
    }

    @Test func withoutAnOutputFolderTheCommandStillRuns() async throws {
        let step = try Step()
        try step.workdir.write("a file", to: WorkdirPath.output)
        let finished = try await step.run(sh: "echo x")
        #expect(finished.status == .exited(0))
        #expect(finished.output == "x\n")
        #expect(finished.error.contains("the command goes on without it"))
    }
}
