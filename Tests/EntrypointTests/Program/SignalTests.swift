import Foundation
import TestSupport
import Testing
import WorkdirProtocol

/// Signals, orphans, silence: the entrypoint as the first process of a container.
@Suite struct SignalTests {
    /// Every signal reaches the command, which says which it was.
    @Test(arguments: [SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH, SIGCONT, SIGALRM] as [Int32])
    func forwards(signal: Int32) async throws {
        let step = try Step()
        let child = try step.start(
            [], ["bash", "-c", "trap 'echo got; exit 7' \(signal); echo trapped; while :; do sleep 0.02; done"])
        try await eventually("the trap") { child.output.contains("trapped") }
        child.kill(signal)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(7))
        #expect(child.output.hasSuffix("got\n"))
    }

    @Test(arguments: [(SIGTERM, 143), (SIGINT, 130), (SIGKILL, 137)] as [(Int32, Int32)])
    func aCommandEndedByASignalIsKilled(signal: Int32, code: Int32) async throws {
        let step = try Step()
        let finished = try await step.run(sh: "kill -\(signal) $$")
        #expect(finished.status == .exited(code))
        #expect(step.state == "KILLED\n")
        #expect(step.record?.signal == signal)
    }

    @Test func aShellThatDoesNotPassItOnEndsAllTheSame() async throws {
        let step = try Step()
        let child = try step.start([], ["sh", "-c", "sleep 1000; echo never"])
        try await step.waitFor(.running)
        child.kill(SIGTERM)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(143))
        #expect(step.state == "KILLED\n")
    }

    /// Python's `signal.SIG_IGN`, a shell's `trap '' CHLD`: passed on by exec to all that follow.
    @Test func `its child's end is heard although whoever began ignored such`() async throws {
        let step = try Step()
        let child = try ChildProcess(
            "bash",
            [
                "-c", "trap '' CHLD; exec \"$@\"", "-", Product.entrypoint.path, "run", "--workdir", step.workdir.path,
                "--", "sh", "-c", "exit 3",
            ])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(3))
        #expect(step.state == "ERROR\n")
    }

    @Test func aSignalWhileWaitingCancels() async throws {
        let step = try Step(ready: false)
        let child = try step.start([], ["true"])
        try await step.waitFor(.waiting)
        child.kill(SIGTERM)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(143))
        #expect(step.record?.reason == EndReason.cancelled)
        #expect(step.state == "KILLED\n")
    }

    @Test func whatIsLeftRunningEndsWithTheCommand() async throws {
        let step = try Step()
        // In sessions of their own: beyond the reach of a signal to the group. They hold both streams open.
        let finished = try await step.run(
            sh: "for i in 1 2 3; do setsid sh -c 'echo $$; sleep 1000' & done; sleep 0.2; exit 4")
        #expect(finished.status == .exited(4))
        let pids = finished.output.split(separator: "\n").compactMap { Int32($0) }
        #expect(pids.count == 3)
        for pid in pids { #expect(kill(pid, 0) == -1, "\(pid) still runs") }
    }

    @Test func orphansLeaveNoZombies() async throws {
        let step = try Step()
        let child = try step.start([], ["sh", "-c", "for i in 1 2 3 4 5; do (sh -c 'exit 0' &) ; done; sleep 1000"])
        try await step.waitFor(.running)
        let children = "/proc/\(child.pid)/task/\(child.pid)/children"
        try await eventually("the shell alone") {
            try String(contentsOfFile: children, encoding: .utf8).split(separator: " ").count == 1
        }
        child.kill(SIGTERM)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(143))
    }

    @Test func silenceEndsACommandThatIgnoresIt() async throws {
        let step = try Step()
        let finished = try await step.run(["--no-output-timeout", "300ms"], sh: "echo working; exec sleep 1000")
        #expect(finished.status == .exited(143))
        #expect(finished.output == "working\n")
        #expect(step.state == "KILLED\n")
        #expect(step.record?.reason == EndReason.noOutput)
        #expect(step.log.contains("WRAPPER> no output for 300ms; ending the command\n"))
    }

    @Test func outputKeepsItAlive() async throws {
        let step = try Step()
        let finished = try await step.run(
            ["--no-output-timeout", "1s"], sh: "for i in 1 2 3 4 5 6 7 8; do sleep 0.2; echo $i; done")
        #expect(finished.status == .exited(0))
        #expect(step.state == "SUCCESS\n")
    }

    @Test func healthyComesBackWhileItRuns() async throws {
        let step = try Step()
        let child = try step.start([], ["sleep", "1000"])
        try await step.waitFor(.running)
        for _ in 0..<3 {
            try await eventually("healthy") { step.workdir.exists(WorkdirPath.healthy) }
            #expect(try await step.command(["probe", "healthy"]).status == .exited(0))
        }
        await child.finish()
        _ = try await step.command(["probe", "healthy"])
        #expect(try await step.command(["probe", "healthy"]).status == .exited(1))
    }
}
