package import FakeKube

/// A program twice: what a real node runs, and how a simulated one is to behave.
package struct Program: Sendable {
    package var image: String
    /// Empty: the image's own.
    package var command: [String]
    package var behaviour: FakeProgram

    package init(_ image: String, _ command: [String], _ behaviour: FakeProgram) {
        self.image = image
        self.command = command
        self.behaviour = behaviour
    }

    static func shell(_ script: String, _ behaviour: FakeProgram) -> Program {
        Program(TestImage.busybox.name, ["sh", "-c", script], behaviour)
    }
}

// MARK: Somebody else's

extension Program {
    /// What runs in manifests that we did not write.
    static let foreign = [
        Program("nginx:latest", [], FakeProgram(codeOnTerm: 0)),
        Program("busybox:latest", ["/bin/sh", "-c", "sleep 5"], FakeProgram(.init(0, after: 5))),
        Program("busybox:latest", ["/bin/sh", "-c", "exit 1"], FakeProgram(.init(1, after: 0))),
        Program("busybox:latest", ["/bin/sh", "-c", "sleep 10000"], FakeProgram()),
    ]
}

// MARK: Main containers

extension Program {
    static func exits(_ code: Int, after seconds: Int = 2) -> Program {
        .shell("sleep \(seconds); exit \(code)", FakeProgram(.init(code, after: Double(seconds))))
    }

    static let endsAtOnce = Program(TestImage.busybox.name, ["true"], FakeProgram(.init(0, after: 0)))

    /// Needs a limit.
    static let hogsMemory = Program(
        TestImage.busybox.name, ["tail", "/dev/zero"], FakeProgram(.init(137, after: 1, reason: "OOMKilled")))

    /// Needs a volume at `/state` that outlives a run.
    static let failsOnce = Program.shell(
        "sleep 1; [ -e /state/tried ] && exit 0; touch /state/tried; exit 5", FakeProgram(.init(5), .init(0)))
}

// MARK: Sidecars

extension Program {
    /// Process 1 without a handler: SIGTERM does nothing.
    static let shellAsleep = Program.shell("sleep 100000", FakeProgram())
    static let ignoresTerm = Program.shell("trap '' TERM; while :; do sleep 1000; done", FakeProgram())
    static let exitsWithZeroOnTerm = Program.onTerm(0)
    static let exitsWith143OnTerm = Program.onTerm(143)
    /// The same, with a hook after its start that takes four seconds.
    static let startsSlowly: Program = {
        var program = Program.onTerm(143)
        program.command[2] = "sleep 0; " + program.command[2]
        program.behaviour.postStart = 4
        return program
    }()
    /// Later than anybody waits for it.
    static let exitsWithZeroLater: Program = {
        var program = Program.shell(
            "trap 'sleep 90; exit 0' TERM; while :; do sleep 1000 & wait $!; done", FakeProgram())
        (program.behaviour.codeOnTerm, program.behaviour.secondsOnTerm) = (0, 90)
        return program
    }()
    static let crashes = Program.shell("sleep 1; exit 7", FakeProgram(.init(7)))
    static let cannotBePulled = Program(TestImage.missing, ["sh", "-c", "sleep 100000"], FakeProgram())
    /// Its program is the image's own entrypoint.
    static let distroless = Program(TestImage.distroless.name, [], FakeProgram())
    /// Its `command` is nothing that an exit image would have.
    static let distrolessByPath = Program(TestImage.distroless.name, ["/opt/agent/sleep", "100000"], FakeProgram())

    private static func onTerm(_ code: Int) -> Program {
        .shell("trap 'exit \(code)' TERM; while :; do sleep 1000 & wait $!; done", FakeProgram(codeOnTerm: code))
    }

    /// As Istio's agent does: whoever asks for this path is answered, once asked, and it leaves; who goes away again without
    /// asking, as a terminator that is killed, is none. Process 1 has no handler.
    static let leavesWhenAsked: Program = {
        var behaviour = FakeProgram()
        behaviour.quitPort = 15020
        return .shell(
            """
            mkfifo /tmp/answer
            until nc -l -p 15020 < /tmp/answer | {
                exec > /tmp/answer
                read -r line
                case $line in "POST /quitquitquit "*) ;; *) sleep 1; exit 1 ;; esac
                while [ ${#line} -gt 1 ]; do read -r line || exit 1; done
                printf 'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\n'
            }; do :; done
            """, behaviour)
    }()

    /// The same for callers on localhost alone; busybox's server knows no other paths for what it runs.
    static let leavesWhenAskedOnLocalhost: Program = {
        var behaviour = FakeProgram()
        behaviour.quitPort = 15021
        return .shell(
            """
            mkdir -p /tmp/www/cgi-bin
            printf '#!/bin/sh\\necho "\\r"; (sleep 1; kill $(cat /tmp/server)) > /dev/null 2>&1 &\\n' > /tmp/www/cgi-bin/quit
            chmod +x /tmp/www/cgi-bin/quit
            httpd -f -p 127.0.0.1:15021 -h /tmp/www & echo $! > /tmp/server
            wait
            exit 0
            """, behaviour)
    }()
}
