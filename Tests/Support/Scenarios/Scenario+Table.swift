import Basics
import FakeKube
import YAMLTree

extension Scenario {
    /// What has to hold on an ordinary cluster.
    package static let ordinary = kinds + rungs + restarts + failures + moments + crowds

    /// Sidecars of all kinds, with a main container that succeeds.
    static let kinds: [Scenario] = [
        Scenario(
            "shell", "a shell that sleeps, without a handler", [.main(.exits(0)), .sidecar(.shellAsleep)],
            expect: .complete("image")),
        Scenario(
            "zero-on-term", "exits with 0 on SIGTERM", [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm)],
            expect: .complete("image")),
        Scenario(
            "143-on-term", "exits with 143 on SIGTERM", [.main(.exits(0)), .sidecar(.exitsWith143OnTerm)],
            expect: .complete("image")),
        Scenario(
            "ignores-term", "ignores SIGTERM", [.main(.exits(0)), .sidecar(.ignoresTerm)],
            expect: .complete("image")),
        Scenario(
            "pull-back-off", "its image cannot be pulled", [.main(.exits(0)), .sidecar(.cannotBePulled)],
            expect: .complete("image")),
        Scenario(
            "crash-loop", "crashes again and again; `OnFailure`, backoffLimit 6", policy: "OnFailure", backoffLimit: 6,
            [.main(.exits(0, after: 6)), .sidecar(.crashes)], expect: .complete("image")),
        Scenario(
            "two-kinds", "two sidecars of different kinds",
            [
                .main(.exits(0)), .sidecar(.shellAsleep, name: "logger"),
                .sidecar(.exitsWith143OnTerm, name: "exporter"),
            ],
            expect: .complete("image", of: ["exporter", "logger"])),
        Scenario(
            "distroless", "distroless, no `command`", [.main(.exits(0)), .sidecar(.distroless)],
            expect: .complete("image")),
        Scenario(
            "distroless-command", "distroless, with a `command` that the exit image lacks",
            [.main(.exits(0)), .sidecar(.distrolessByPath)], expect: .held()),
        Scenario(
            "hooks", "with preStop and postStart",
            [
                .main(.exits(0, after: 4)),
                .sidecar(
                    .shellAsleep,
                    [
                        "lifecycle": [
                            "postStart": ["exec": ["command": ["sh", "-c", "sleep 1"]]],
                            "preStop": ["exec": ["command": ["sh", "-c", "sleep 1"]]],
                        ]
                    ]),
            ], expect: .complete("image")),
        Scenario(
            "restricted", "`runAsNonRoot`, a read-only root, no capabilities",
            [
                .main(.exits(0)),
                .sidecar(
                    .shellAsleep,
                    [
                        "securityContext": [
                            "runAsNonRoot": true, "readOnlyRootFilesystem": true, "allowPrivilegeEscalation": false,
                            "capabilities": ["drop": ["ALL"]],
                        ]
                    ]),
            ], expect: .complete("image")),
        Scenario(
            "istio", "leaves when asked, as Istio's proxy does",
            [.main(.exits(0)), .sidecar(.leavesWhenAsked, name: "istio-proxy")],
            expect: .complete("http", of: ["istio-proxy"])),
        Scenario(
            "localhost", "leaves when asked on localhost, and nowhere else",
            [.main(.exits(0)), .sidecar(.leavesWhenAskedOnLocalhost)],
            annotations: [Marker.quitPrefix + "sidecar": "POST :15021/cgi-bin/quit"],
            expect: .complete("http")),
        Scenario(
            "by-annotation", "marked by an annotation alone",
            [.main(.exits(0)), .unmarked(.shellAsleep)], annotations: [Marker.sidecars: "sidecar"],
            expect: .complete("image")),
        Scenario(
            "by-primary", "marked by Flyte's annotation, which names main",
            [.main(.exits(0)), .unmarked(.shellAsleep)], annotations: [Marker.flytePrimary: "main"],
            expect: .complete("image")),
    ]

    /// The other ways to end a sidecar.
    static let rungs: [Scenario] = [
        Scenario(
            "exec", "SIGTERM by exec to one that exits with 0",
            [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-exec")],
            expect: .complete("exec", of: ["by-exec"])),
        Scenario(
            "exec-unheard", "SIGTERM by exec to one without a handler",
            [.main(.exits(0)), .sidecar(.shellAsleep, name: "by-exec")],
            expect: .complete("exec", "image", of: ["by-exec"])),
        Scenario(
            "node", "the node agent stops one that exits with 0",
            [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-node")],
            expect: .complete("node", of: ["by-node"])),
        Scenario(
            "node-slow", "the node agent stops one that exits with 0 later than its grace allows",
            [.main(.exits(0)), .sidecar(.exitsWithZeroLater, name: "by-node")],
            expect: .complete("node", "hold", of: ["by-node"]).promised),
        Scenario(
            "debug", "a signal from an ephemeral container to one that exits with 0",
            [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-debug")],
            expect: .complete("debug", of: ["by-debug"])),
        Scenario(
            "ignored-code", "exits with 143, which must not count, and no image to swap to is on its ladder",
            [.main(.exits(0)), .sidecar(.exitsWith143OnTerm, name: "by-signal", ignoresExitCode: true)],
            expect: .held("by-signal")),
        Scenario(
            "quit-unanswered", "its quit endpoint does not listen",
            [.main(.exits(0)), .sidecar(.shellAsleep)], annotations: [Marker.quitPrefix + "sidecar": "POST :9999/quit"],
            expect: .complete("http", "image")),
    ]

    /// `OnFailure`: a swap is a restart, and the Job's backoffLimit may have no room for one.
    static let restarts: [Scenario] =
        [0, 1].map { limit in
            Scenario(
                "limit-\(limit)", "`OnFailure`, backoffLimit \(limit)", policy: "OnFailure", backoffLimit: limit,
                [.main(.exits(0)), .sidecar(.shellAsleep)], expect: .held())
        } + [
            Scenario(
                "limit-6", "`OnFailure`, backoffLimit 6", policy: "OnFailure", backoffLimit: 6,
                [.main(.exits(0)), .sidecar(.shellAsleep)], expect: .complete("image")),
            Scenario(
                "limit-0-istio", "`OnFailure`, backoffLimit 0, leaves when asked", policy: "OnFailure",
                [.main(.exits(0)), .sidecar(.leavesWhenAsked, name: "istio-proxy")],
                expect: .complete("http", of: ["istio-proxy"])),
            Scenario(
                "limit-0-exec", "`OnFailure`, backoffLimit 0, SIGTERM to one that exits with 0", policy: "OnFailure",
                [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-exec")],
                expect: .complete("exec", of: ["by-exec"])),
            Scenario(
                "second-try", "`OnFailure`, backoffLimit 6, main succeeds at its second try", policy: "OnFailure",
                backoffLimit: 6,
                [
                    .main(.failsOnce, ["volumeMounts": [["name": "state", "mountPath": "/state"]]]),
                    .sidecar(.shellAsleep),
                ],
                pod: ["volumes": [["name": "state", "emptyDir": .object([])]]],
                expect: .complete("image", reruns: 1)),
        ]

    /// Main's failure is the Job's, with main's code.
    static let failures: [Scenario] = [
        Scenario(
            "fails", "main fails", [.main(.exits(3)), .sidecar(.shellAsleep)],
            expect: .failed(["main": 3], by: "image")),
        Scenario(
            "fails-signal", "main fails, and no image to swap to is on the sidecar's ladder",
            [.main(.exits(3)), .sidecar(.exitsWith143OnTerm, name: "by-signal")],
            expect: .failed(["main": 3], by: "hold", of: "by-signal").promised),
        Scenario(
            "fails-again", "main fails, `OnFailure`, backoffLimit 1: the Job gives up", policy: "OnFailure",
            backoffLimit: 1, [.main(.exits(3)), .sidecar(.shellAsleep)],
            expect: Outcome("Failed", Outcome.deleted, ["main": 3], [:])),
        Scenario(
            "oom", "main is killed for its memory",
            [.main(.hogsMemory, ["resources": ["limits": ["memory": "20Mi"]]]), .sidecar(.shellAsleep)],
            expect: .failed(["main": 137], by: "image")),
        Scenario(
            "two-mains", "two main containers, one of which fails",
            [.main(.exits(0)), .main(.exits(4, after: 4), name: "second"), .sidecar(.shellAsleep)],
            expect: .failed(["main": 0, "second": 4], by: "image")),
    ]

    /// Ends at odd moments.
    static let moments: [Scenario] = [
        Scenario(
            "at-once", "main ends at once", [.main(.endsAtOnce), .sidecar(.shellAsleep)],
            expect: .complete("image")),
        Scenario(
            "before-sidecar", "main ends before the sidecar has started",
            [
                .main(.endsAtOnce),
                .sidecar(
                    .shellAsleep,
                    ["lifecycle": ["postStart": ["exec": ["command": ["sh", "-c", "sleep 5"]]]]]),
            ], expect: .complete("image")),
        Scenario(
            "deleted", "the pod is deleted half-way; backoffLimit 6", backoffLimit: 6,
            [.main(.exits(0, after: 20)), .sidecar(.shellAsleep)], incident: .deletion,
            expect: .complete("image", reruns: 1)),
    ]

    /// Pods beside others of their Job, which the Job controller ends where it takes a pod that it has counted for one that works.
    static let crowds: [Scenario] = [
        held(policy: "Never", "by-signal", job: ["podFailurePolicy": ["rules": [onSignals]]]),
        held(policy: "OnFailure", "sidecar"),
    ]

    /// A rule that asks for the codes of whatever container.
    private static let onSignals: JSONValue = [
        "action": "FailJob", "onExitCodes": ["operator": "In", "values": [137, 143]],
    ]

    private static func held(policy: String, _ sidecar: String, job: JSONValue = .object([])) -> Scenario {
        Scenario(
            "several-\(policy.lowercased())",
            "`\(policy)`, backoffLimit 1, four pods, two at a time, each held; one of two sidecars is to linger",
            policy: policy, backoffLimit: 1, completions: 4,
            [
                .main(.exits(0, after: 8)),
                .sidecar(
                    .startsSlowly, name: sidecar,
                    ["lifecycle": ["postStart": ["exec": ["command": ["sh", "-c", "sleep 4"]]]]]),
                .sidecar(.exitsWith143OnTerm, name: "by-signal-later"),
            ], annotations: [Marker.lingerPrefix + "by-signal-later": "12s"], job: job,
            expect: Outcome(
                "Complete", "Succeeded", ["main": 0], [sidecar: ["hold"], "by-signal-later": ["hold"]]
            ).promised)
    }

    /// The same where the exit image does not run, at least not for sidecars with a command of their own: it is found out
    /// beside them, and they are ended by other ways. Or where nobody on the node could stop a sidecar.
    package func hampered(by obstacle: Setting.Obstacle) -> Scenario {
        var hampered = self
        for (name, rungs) in expected.rungs {
            guard let place = rungs.firstIndex(where: { isBarred($0, for: name, by: obstacle) }) else { continue }
            // A swap is only rehearsed then, and an agent that is not there not waited for; a signal that cannot be sent was
            // tried.
            let tried = rungs[place] == "debug" ? rungs[...place] : rungs[..<place]
            hampered.expected.rungs[name] = tried + ["hold"]
        }
        hampered.expected = hampered.expected.promised
        return hampered
    }

    private func isBarred(_ rung: String, for container: String, by obstacle: Setting.Obstacle) -> Bool {
        switch rung {
        case "node": obstacle == .noAgent
        // What only signals needs no program of the sidecar's, and is not what a policy about swaps sees.
        case "debug": obstacle != .noAgent && obstacle != .refused
        case "image": obstacle != .noAgent && (obstacle != .noShell || hasCommand(container))
        default: false
        }
    }

    private func hasCommand(_ container: String) -> Bool {
        if let mine = containers.first(where: { $0.name == container }) { return !mine.program.command.isEmpty }
        let theirs = spec?[path: ["template", "spec", "containers"]]?.array ?? []
        return theirs.first { $0["name"]?.string == container }?["command"] != nil
    }

    /// By Kruise's daemon, which sends SIGTERM and, after the grace, SIGKILL.
    static let byRequest: [Scenario] = [
        Scenario(
            "crr", "exits with 0 on SIGTERM", [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-crr")],
            expect: .complete("crr", of: ["by-crr"])),
        Scenario(
            "crr-limit-0", "`OnFailure`, backoffLimit 0, exits with 0 on SIGTERM", policy: "OnFailure",
            [.main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-crr")],
            expect: .complete("crr", of: ["by-crr"])),
        Scenario(
            "crr-two", "two sidecars in one request",
            [
                .main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-crr"),
                .sidecar(Program(TestImage.nginx.name, [], FakeProgram(codeOnTerm: 0)), name: "nginx"),
            ], expect: .complete("crr", of: ["by-crr", "nginx"])),
        Scenario(
            "crr-slow", "exits with 0 on SIGTERM, later than its grace allows",
            [.main(.exits(0)), .sidecar(.exitsWithZeroLater, name: "by-crr")],
            expect: .complete("crr", "hold", of: ["by-crr"]).promised),
        Scenario(
            "crr-later", "a second sidecar, for which the one request comes too early",
            [
                .main(.exits(0)), .sidecar(.exitsWithZeroOnTerm, name: "by-crr"),
                .sidecar(.exitsWithZeroOnTerm, name: "by-crr-later"),
            ], annotations: [Marker.lingerPrefix + "by-crr-later": "8s"],
            expect: Outcome(
                "Complete", "Succeeded", ["main": 0], ["by-crr": ["crr"], "by-crr-later": ["crr", "hold"]]
            ).promised),
        Scenario(
            "crr-fails", "main fails; the sidecar exits with 143",
            [.main(.exits(3)), .sidecar(.exitsWith143OnTerm)], expect: .failed(["main": 3], by: "hold").promised),
        Scenario(
            "crr-barred", "a shell without a handler, whose SIGKILL would fail the pod",
            [.main(.exits(0)), .sidecar(.shellAsleep)], expect: .held()),
    ]

    /// One of each way to end, for many at once. Main takes its time, so that all run together.
    static let simple: [Scenario] = [
        Scenario(
            "swapped", "a shell that sleeps", [.main(.exits(0, after: 12)), .sidecar(.shellAsleep)],
            expect: .complete("image")),
        Scenario(
            "asked", "leaves when asked", policy: "OnFailure",
            [.main(.exits(0, after: 12)), .sidecar(.leavesWhenAsked, name: "istio-proxy")],
            expect: .complete("http", of: ["istio-proxy"])),
        Scenario(
            "failed", "main fails", [.main(.exits(3, after: 12)), .sidecar(.exitsWith143OnTerm)],
            expect: .failed(["main": 3], by: "image")),
        Scenario(
            "held", "`OnFailure`, backoffLimit 0", policy: "OnFailure",
            [.main(.exits(0, after: 12)), .sidecar(.shellAsleep)], expect: .held()),
    ]
}
