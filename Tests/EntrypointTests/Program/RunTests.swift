import Foundation
import TestSupport
import Testing
import WorkdirProtocol

/// The built program, run as a container would run it.
@Suite struct RunTests {
    @Test func passesAllOnAndReportsIt() async throws {
        let step = try Step()
        let finished = try await step.run(sh: "echo one; echo two >&2; printf 'three'; echo $KPIPE_WORKDIR >&2; exit 3")
        #expect(finished.status == .exited(3))
        #expect(finished.output == "one\nthree")
        #expect(finished.error == "two\n\(step.workdir.path)\n")
        #expect(try step.workdir.text(WorkdirPath.outputError) == "two\n\(step.workdir.path)\n")
        let lines = step.log.split(separator: "\n").map(String.init)
        #expect(
            Set(lines) == [
                "OUT> one", "ERROR> two", "OUT> three", "ERROR> \(step.workdir.path)",
                "WRAPPER> the command has ended with exit code 3",
            ])
        #expect(step.state == "ERROR\n")
        #expect(try step.workdir.text(WorkdirPath.done) == "1\n")
        #expect(step.record?.exitCode == 3)
        // Nothing temporary is left behind.
        #expect(try step.workdir.list().filter { $0.contains(".kpipe-") }.isEmpty)
    }

    /// The agent does not see main's environment.
    @Test(arguments: ["00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a whole story", nil])
    func `main's trace stands in the record`(traceparent: String?) async throws {
        let step = try Step()
        #expect(try await step.run(sh: "true", ["TRACEPARENT": traceparent]).status == .exited(0))
        #expect(step.record?.phase == .ended)
        #expect(step.record?.traceparent == TraceParent.checked(traceparent))
    }

    @Test func readsItsInputAndKeepsItsFolder() async throws {
        let step = try Step()
        let child = try ChildProcess(
            Product.entrypoint.path, ["run", "--workdir", step.workdir.path, "--", "sh", "-c", "cat; pwd"],
            folder: step.workdir.path, input: Array("typed\n".utf8))
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        #expect(child.output == "typed\n\(step.workdir.path)\n")
    }

    @Test func aRelativeWorkdirIsAbsoluteForTheCommand() async throws {
        let step = try Step()
        let finished = try await run(
            Product.entrypoint.path,
            ["run", "--workdir", ".", "--chdir", "/", "--", "sh", "-c", "cd $KPIPE_WORKDIR; pwd"],
            folder: step.workdir.path)
        #expect(finished.output == "\(step.workdir.path)\n")
    }

    @Test func aPipeInTheMarkersPlaceHoldsNobodyUp() async throws {
        let step = try Step(ready: false)
        #expect(mkfifo(step.workdir[WorkdirPath.ready], 0o600) == 0)
        let child = try step.start([], ["true"])
        try await step.waitFor(.waiting)
        child.kill(SIGTERM)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(143))
    }

    /// As a shell gives it whose pattern matches a file of such a name.
    @Test func `an argument that is no text reaches the command as it is`() async throws {
        let step = try Step()
        let child = try ChildProcess(
            "bash",
            [
                "-c", #"exec "$0" run --workdir "$1" -- printf %s $'caf\xE9'"#, Product.entrypoint.path,
                step.workdir.path,
            ])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        #expect(child.outputBytes == Array("caf".utf8) + [0xE9])
    }

    @Test func `startup is over as well when the inputs never will be there`() async throws {
        let step = try Step(ready: false)
        try step.workdir.write("", to: WorkdirPath.state)
        #expect(try await step.command(["probe", "ready"]).status == .exited(1))
        try step.workdir.write("0 66 gone\n", to: WorkdirPath.failed)
        #expect(try await step.command(["probe", "ready"]).status == .exited(0))
        #expect(try await step.command(["probe", "started"]).status == .exited(1))
    }

    @Test func waitsForReadyAndShowsIt() async throws {
        let step = try Step(ready: false)
        let child = try step.start([], ["echo", "ran"])
        try await step.waitFor(.waiting)
        try await eventually("healthy") { step.workdir.exists(WorkdirPath.healthy) }
        #expect(child.output.isEmpty)
        try step.makeReady()
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        #expect(child.output == "ran\n")
    }

    @Test func anEarlierEpochsReadyDoesNotStartIt() async throws {
        let step = try Step(ready: false)
        try step.workdir.write("1\n", to: WorkdirPath.ready)
        try step.workdir.write("2\n", to: WorkdirPath.epoch)
        let child = try step.start([], ["true"])
        try await step.waitFor(.waiting)
        try WorkdirFolder(root: step.workdir.path).write("2\n", to: WorkdirPath.ready)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        #expect(step.record?.epoch == "2")
    }

    @Test func stopsAtTheAgentsFailure() async throws {
        let step = try Step(ready: false)
        let child = try step.start([], ["touch", step.workdir["ran"]])
        try await step.waitFor(.waiting)
        let verdict = TryVerdict(attempt: TryVerdict.everyTry, exitCode: 66, message: "s3://b/k is missing")
        try WorkdirFolder(root: step.workdir.path).write(verdict.text, to: WorkdirPath.failed)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(66))
        #expect(child.errorOutput.contains("s3://b/k is missing"))
        #expect(!step.workdir.exists("ran"))
    }

    @Test func aRetryKeepsTheLogAndClearsWhatIsStale() async throws {
        let step = try Step()
        #expect(try await step.run(sh: "echo first; echo e1 >&2; exit 1").status == .exited(1))
        try step.workdir.write("", to: WorkdirPath.started)
        let child = try step.start([], ["sh", "-c", "cat \(step.workdir.path)/done; cat \(step.workdir.path)/state"])
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        #expect(child.output == "" || child.output == "RUNNING\n", "an old marker was still there")
        #expect(step.log.hasPrefix("OUT> first\n") || step.log.hasPrefix("ERROR> e1\n"))
        #expect(step.log.contains("WRAPPER> ----- try 2 -----\n"))
        #expect(try step.workdir.text(WorkdirPath.outputError).hasPrefix("e1\n----- try 2 -----\n"))
        #expect(try step.workdir.text(WorkdirPath.done) == "2\n")
        #expect(step.workdir.exists(WorkdirPath.started) && step.workdir.exists(WorkdirPath.ready))
    }

    @Test(
        arguments: [
            (["no-such-program-here"], 127), (["/no/such/path"], 127), (["/etc/hostname"], 126), (["/etc"], 126),
        ] as [([String], Int32)])
    func whatCannotRunIsSaid(command: [String], code: Int32) async throws {
        let step = try Step()
        let child = try step.start([], command)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(code))
        #expect(child.errorOutput.contains(command[0]))
        #expect(step.state == "ERROR\n")
        #expect(step.record?.reason == EndReason.notStarted)
    }

    /// The agent comes as another user, and would find folders in which it may not write; the group is an fsGroup.
    @Test func `folders are open to all whatever the umask`() async throws {
        let step = try Step()
        #expect(chmod(step.workdir.path, 0o2775) == 0)
        let child = try ChildProcess(
            "sh",
            [
                "-c", "umask 077; \(Product.entrypoint.path) install bin; exec \"$@\"", "-", Product.entrypoint.path,
                "run", "--workdir", step.workdir.path, "--", "true",
            ], folder: step.workdir.path)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(0))
        for folder in [WorkdirPath.own, WorkdirPath.output, "bin"] {
            var status = stat()
            #expect(stat(step.workdir[folder], &status) == 0 && status.st_mode & 0o7777 == 0o2777, "\(folder)")
        }
    }

    /// Written in place, which the watch of names does not see, as it sees nothing where the kernel grants none.
    @Test func `a verdict that no event tells of is found all the same`() async throws {
        let step = try Step(ready: false)
        try step.workdir.write(String(repeating: " ", count: 64), to: WorkdirPath.failed)
        let child = try step.start([], ["true"])
        try await step.waitFor(.waiting)
        let file = open(step.workdir[WorkdirPath.failed], O_WRONLY)
        let verdict = Array(TryVerdict(attempt: TryVerdict.everyTry, exitCode: 66, message: "gone").text.utf8)
        #expect(write(file, verdict, verdict.count) == verdict.count)
        close(file)
        #expect(try await child.wait(atMost: .seconds(30)) == .exited(66))
    }

    @Test func aWrongWorkdirIsAConfigurationError() async throws {
        let finished = try await run(Product.entrypoint.path, ["run", "--workdir", "/no/such", "--", "true"])
        #expect(finished.status == .exited(78))
        #expect(finished.error.contains("/no/such"))
    }

    @Test func awaitsTheOutputsAndFailsWithThem() async throws {
        for (path, verdict, code) in [
            (WorkdirPath.stored, TryVerdict(attempt: 1, exitCode: 0, message: "ok"), Int32(0)),
            (WorkdirPath.failed, TryVerdict(attempt: 1, exitCode: 74, message: "disk"), 74),
        ] {
            let step = try Step()
            let child = try step.start(["--await-outputs"], ["true"])
            try await eventually("done") { step.workdir.exists(WorkdirPath.done) }
            // A probe in the meantime must not end the container.
            #expect(try await step.command(["probe", "healthy"]).status == .exited(0))
            try await eventually("healthy again") { step.workdir.exists(WorkdirPath.healthy) }
            #expect(child.status == nil)
            try WorkdirFolder(root: step.workdir.path).write(verdict.text, to: path)
            #expect(try await child.wait(atMost: .seconds(30)) == .exited(code))
        }
    }

    @Test func whoeverAsksItToStopNeedNotWaitForTheOutputs() async throws {
        for (command, code) in [("true", Int32(74)), ("exit 3", 3)] {
            let step = try Step()
            let child = try step.start(["--await-outputs"], ["sh", "-c", command])
            try await eventually("done") { step.workdir.exists(WorkdirPath.done) }
            child.kill(SIGTERM)
            #expect(try await child.wait(atMost: .seconds(30)) == .exited(code))
            #expect(child.errorOutput.contains("not known to be stored"), "\(child.errorOutput)")
        }
    }

    @Test func stampsLines() async throws {
        let step = try Step()
        _ = try await step.run(["--timestamps", "iso"], sh: "echo a")
        #expect(step.log.contains(/OUT> \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z a\n/))
    }
}
