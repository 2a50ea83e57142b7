import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

private typealias Variable = WellKnownNames.Variable

@Suite struct LadderTests {
    /// What the ladder does with the container `sidecar` of a pod whose main container has ended.
    static func step(
        _ sketch: PodSketch, _ surroundings: Surroundings = .ordinary(), rules: MarkerRules = .init(),
        virtual: Bool = false
    ) throws -> String {
        let facts = sketch.facts(rules, virtual: virtual)
        guard case .terminate(let sidecars, let result) = facts.verdict else { return "\(facts.verdict)" }
        let sidecar = try #require(sidecars.first { $0.name == "sidecar" })
        let ladder = Ladder(pod: facts, sidecar: sidecar, result: result, surroundings: surroundings)
        var budget = surroundings.budget
        switch ladder.next(budget: &budget).step {
        case .attempt(let rung): return rung.rawValue
        case .rehearse(let number): return "rehearse \(number)"
        case .linger(let seconds): return "linger \(seconds)"
        case .wait(let seconds, let rung): return "\(rung.rawValue) in \(seconds)"
        case .exhausted: return "exhausted"
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sketch: PodSketch
        var surroundings = Surroundings.ordinary()
        var isVirtual = false
        var expected: String

        init(
            _ name: String, _ sketch: PodSketch, _ expected: String, virtual: Bool = false,
            _ change: (inout Surroundings) -> Void = { _ in }
        ) {
            testDescription = name
            self.sketch = sketch
            self.expected = expected
            isVirtual = virtual
            change(&surroundings)
        }
    }

    static let ignoring = [Variable.ignoreExitCode: "true"]
    static let ended = PodSketch().container("main", .exit(0))
    static let failed = PodSketch().container("main", .exit(3))
    /// No Job counts it.
    static let alone = failed.with { $0.metadata.ownerReferences = [] }
    static let retried = PodSketch("OnFailure").container("main", .exit(0))
    static let quit = WellKnownNames.Annotation.quitPrefix + "sidecar"
    static let linger = WellKnownNames.Annotation.lingerPrefix + "sidecar"
    static let strange = ["/opt/server", "--forever"]
    static let noImage: @Sendable (inout Surroundings) -> Void = { $0.exitImage = nil }
    static let asUsual: @Sendable (inout Surroundings) -> Void = { _ in }
    static let onlyAgents: @Sendable (inout Surroundings) -> Void = {
        $0.exitImage = nil
        $0.hasNodeAgents = true
    }
    static let everything: @Sendable (inout Surroundings) -> Void = {
        $0.exitImage = nil
        $0.isKruiseServed = true
        $0.hasNodeAgents = true
    }

    static let first = [
        Case("the ordinary one", ended.sidecar(), "image"),
        Case("a quit endpoint comes first", ended.sidecar().annotated(quit, ":15020/quitquitquit"), "http"),
        Case("nobody to ask", ended.sidecar("sidecar", .waiting("CrashLoopBackOff")).annotated(quit, ":1/"), "image"),
        Case("an image that cannot be had", ended.sidecar("sidecar", .waiting("ImagePullBackOff")), "image"),
        Case("no status yet", ended.sidecar("sidecar", .unknown), "image"),
        Case("a command the exit image lacks", ended.sidecar(command: strange), "hold"),
        Case("no command", ended.sidecar(command: []), "image"),
        Case("no exit image", ended.sidecar(), "hold", noImage),
        Case("signals would fail the pod", ended.sidecar(), "hold", everything),
        Case("main failed, and its Job's policy may ask for exit codes", failed.sidecar(), "hold", everything),
        Case("the same, and an exit code to ignore", failed.sidecar(env: ignoring), "hold", everything),
        Case(
            "the same, and a quit endpoint", failed.sidecar(env: ignoring).annotated(quit, ":1/"), "hold", everything),
        Case(
            "the same, and the hold was refused: it is failed already",
            failed.sidecar().progress("sidecar=hold@1600/0!"), "crr", everything),
        Case("signals are harmless when main failed and no Job counts it", alone.sidecar(), "crr", everything),
        Case("the node agent is next to Kruise", alone.sidecar(), "node", onlyAgents),
        Case("exec is what is left", alone.sidecar(), "exec", noImage),
        Case(
            "an exit code to ignore matters no more when main failed", alone.sidecar(env: ignoring), "crr", everything),
        Case(
            "an exit code to ignore: nobody knows with what it quits",
            ended.sidecar(env: ignoring).annotated(quit, ":1/"), "image"),
        Case("the same, no exit image", ended.sidecar(env: ignoring).annotated(quit, ":1/"), "hold", noImage),
        Case(
            "it does not matter where main failed and no Job counts the pod",
            alone.sidecar(env: ignoring).annotated(quit, ":1/"), "http", everything),
        Case(
            "a code to ignore is there already, and the pod would fail by it",
            ended.sidecar("other", .exit(1), env: ignoring).sidecar().annotated(quit, ":1/"), "hold"),
        Case(
            "the same while another rung is under way",
            ended.sidecar("other", .exit(1), env: ignoring).sidecar().progress("sidecar=image@1590/0"), "hold"),
        Case(
            "the same, and the hold was refused",
            ended.sidecar("other", .exit(1), env: ignoring).sidecar().progress("sidecar=hold@1600/0!"), "image"),
        Case("the same, main failed", failed.sidecar("other", .exit(1), env: ignoring).sidecar(), "image"),
        Case("its code is 0", ended.sidecar("other", .exit(0), env: ignoring).sidecar(), "image"),
        Case("its code is not to be ignored", ended.sidecar("other", .exit(1)).sidecar(), "image"),
        Case(
            "processes are shared: 1 is another's", failed.sidecar().with { $0.spec.shareProcessNamespace = true },
            "hold", noImage),
        Case("the node's processes are shared", failed.sidecar().with { $0.spec.hostPID = true }, "hold", noImage),
        Case(
            "nothing runs that could be signalled", failed.sidecar("sidecar", .waiting("ErrImagePull")), "hold",
            noImage),
        Case(
            "without a Job nothing counts a phase, and nobody is to be worse off",
            ended.sidecar().with { $0.metadata.ownerReferences = [] }, "exhausted", noImage),
        Case(
            "without a Job, but an exit code to ignore",
            ended.sidecar(env: [Variable.ignoreExitCode: "true"]).with { $0.metadata.ownerReferences = [] },
            "exhausted", noImage),
        Case("an exit code to ignore", ended.sidecar(env: [Variable.ignoreExitCode: "true"]), "hold", everything),
        Case(
            "a container that is always restarted",
            ended.sidecar { $0.restartPolicy = "Always" }, "hold"),
    ]

    static let onFailure = [
        Case("no budget", retried.sidecar(), "hold") { $0.budget = budget(0) },
        Case("a backoffLimit of 1 is none either", retried.sidecar(), "hold") { $0.budget = budget(1) },
        Case("enough", retried.sidecar(), "image") { $0.budget = budget(2) },
        Case(
            "a sidecar that never ran costs nothing", retried.sidecar("sidecar", .waiting("ImagePullBackOff")),
            "image"
        ) { $0.budget = budget(0) },
        Case(
            "one that is just being created may cost", retried.sidecar("sidecar", .waiting("ContainerCreating")),
            "hold"
        ) { $0.budget = budget(0) },
        Case("signals would restart it", retried.sidecar(), "hold", everything),
        Case(
            "without a Job nothing counts restarts", retried.sidecar().with { $0.metadata.ownerReferences = [] },
            "image"),
    ]

    static let virtual = [
        Case("the exit image", ended.sidecar(), "image", virtual: true),
        Case(
            "the container's own, whatever its command",
            ended.sidecar(env: [Variable.terminateWithImage: "exit:1"], command: strange), "image", virtual: true,
            noImage),
        Case("no node agent, no Kruise, no exec", failed.sidecar(), "hold", virtual: true, everything),
        Case(
            "elsewhere the container's own image says only that it is a sidecar",
            ended.sidecar(env: [Variable.terminateWithImage: "exit:1"], command: strange), "hold"),
    ]

    /// The first attempt was made at 1590; it is 1600, and the grace 5 seconds.
    static let later = [
        Case(
            "the endpoint was asked", ended.sidecar().annotated(quit, ":1/").progress("sidecar=http@1590/0"),
            "http in 5"),
        Case(
            "the endpoint was asked long ago", ended.sidecar().annotated(quit, ":1/").progress("sidecar=http@1580/0"),
            "image"),
        Case(
            "the endpoint did not answer", ended.sidecar().annotated(quit, ":1/").progress("sidecar=http@1600/0!"),
            "image"),
        Case(
            "the swap was refused, and nothing ends it with 0",
            ended.sidecar().progress("sidecar=image@1600/0!"), "hold", everything),
        Case(
            "the swap was refused, main failed", failed.sidecar().progress("sidecar=image@1600/0!"), "hold", everything),
        Case(
            "the swap was refused, main failed, no Job", alone.sidecar().progress("sidecar=image@1600/0!"), "crr",
            everything),
        Case(
            "the swap and the hold were refused",
            ended.sidecar().progress("sidecar=image@1599/0!,hold@1600/0!"), "exhausted"),
        Case("a hold was refused long ago", ended.sidecar().progress("sidecar=hold@100/0!"), "image"),
        Case(
            "Kruise was asked, which the pod does not show",
            alone.sidecar().progress("sidecar=crr@1590/0"), "crr", everything),
        Case(
            "Kruise was asked, and nothing runs",
            alone.sidecar("sidecar", .waiting("CrashLoopBackOff"))
                .progress("sidecar=crr@1590/0"), "crr in 25", everything),
        Case("Kruise was asked long ago", alone.sidecar().progress("sidecar=crr@1500/0"), "node", everything),
        Case("the swap is under way", ended.sidecar().progress("sidecar=image@1590/0"), "image in 85"),
        Case(
            "the exit image cannot be pulled",
            ended.sidecar("sidecar", .waiting("ErrImagePull"), image: "exit0:latest")
                .progress("sidecar=image@1590/0"), "hold"),
        Case(
            "the kubelet has not heard of the swap",
            ended.sidecar("sidecar", .waiting("ErrImagePull"), image: "exit0:latest")
                .progress("sidecar=image@1600/0"), "image in 95"),
        Case(
            "the kubelet is slow to hear of the swap",
            ended.sidecar("sidecar", .waiting("ErrImagePull"), image: "exit0:latest")
                .progress("sidecar=image@1595/0"), "image in 90"),
        Case(
            "it still waits for its own image",
            ended.sidecar("sidecar", .waiting("ErrImagePull")).with { $0.spec.containers[1].image = "exit0:latest" }
                .progress("sidecar=image@1590/0"), "image in 85"),
        Case(
            "the exit image does not run",
            retried.sidecar("sidecar", .waiting("CrashLoopBackOff"), restarts: 2).progress("sidecar=image@1590/1"),
            "hold"),
        Case(
            "it crashed before the swap",
            retried.sidecar("sidecar", .waiting("CrashLoopBackOff"), restarts: 1).progress("sidecar=image@1590/1"),
            "image in 85"),
        Case("another leader's clock is ahead", ended.sidecar().progress("sidecar=image@1620/0"), "image in 95"),
        Case("a time that cannot be", ended.sidecar().progress("sidecar=image@999999999999/0"), "image"),
        Case("an attempt that is long past", ended.sidecar().progress("sidecar=image@100/0"), "image"),
        Case(
            "to be held, and first left alone for its last lines: until then no Job counts the pod",
            ended.sidecar(command: ["/opt/x"]).annotated(linger, "160s"), "linger 60"),
        Case("the kubelet took the phase back", ended.sidecar().progress("sidecar=hold@1590/0"), "hold"),
        Case(
            "the phase is held: a kubelet that is told now never changes it again",
            ended.sidecar().with { $0.status.phase = "Succeeded" }.progress("sidecar=hold@1590/0"), "deadline"),
        Case(
            "no kubelet is there, and the Job has not counted",
            ended.sidecar().with { $0.status.phase = "Succeeded" }.progress("sidecar=hold@1590/0"), "hold in 5",
            virtual: true),
        Case(
            "main has failed, and the Job has not counted with its code alone",
            failed.sidecar().with { $0.status.phase = "Failed" }.progress("sidecar=hold@1599/0"), "hold in 1"),
        Case(
            "the same for long, and nobody counts",
            failed.sidecar().with { $0.status.phase = "Failed" }.progress("sidecar=hold@900/0"), "hold in 60"),
        Case("counted: now it may end in any way", counted.sidecar().progress("sidecar=hold@1590/0"), "deadline"),
        Case(
            "counted, and the kubelet took the phase back: the Job would end another pod in its place",
            counted.sidecar().with { $0.status.phase = "Running" }.progress("sidecar=hold@1590/0"), "hold"),
        Case(
            "the same while the kubelet ends it",
            counted.sidecar().with { $0.status.phase = "Running" }.progress("sidecar=hold@1590/0,deadline@1595/0"),
            "hold"),
        Case(
            "counted, main failed",
            counted.with { $0.status.containerStatuses[0].state = .exit(3) }.sidecar()
                .progress("sidecar=hold@1590/0"), "deadline"),
        Case(
            "another has last lines: a hold would end both",
            ended.sidecar().sidecar("other").annotated(WellKnownNames.Annotation.lingerPrefix + "other", "160s"),
            "hold in 60", noImage),
        Case(
            "the deadline was set", counted.sidecar().progress("sidecar=hold@1590/0,deadline@1595/0"),
            "deadline in 60", noImage),
        Case("not ended by that", counted.sidecar().progress("sidecar=hold@1000/0,deadline@1500/0"), "deadline"),
        Case("all was tried", counted.sidecar().progress("sidecar=hold@1000/0,deadline@1400/0"), "exhausted"),
    ]

    static let counted = ended.with {
        $0.metadata.finalizers = []
        $0.status.phase = "Succeeded"
    }

    /// A budget of a Job with this limit, whose only pod has no restarts.
    static func budget(_ limit: Int) -> RestartBudget {
        RestartBudget(backoffLimit: limit, of: PodFacts(), among: [])
    }

    @Test(arguments: first + onFailure + virtual + later) func `the next rung`(_ one: Case) throws {
        #expect(try Self.step(one.sketch, one.surroundings, virtual: one.isVirtual) == one.expected)
    }

    /// Main has ended at 1500.
    @Test(arguments: [(1500, true), (1679, true), (1680, false)] as [(Int64, Bool)])
    func `other pods that are about to finish are waited for, for three minutes`(now: Int64, waits: Bool) throws {
        let step = try Self.step(
            Self.retried.sidecar(),
            .ordinary(now: now) {
                $0.budget = RestartBudget(backoffLimit: 2, of: PodFacts(), among: [RestartBudgetTests.finishing])
            })
        #expect((step == "hold") == !waits, "\(step)")
    }

    /// Under `Never`: what TERM makes of the sidecar is the pod's result, so it is sent only where it gives 0.
    @Test(
        arguments: [
            ("known", ended.sidecar(), everything, "crr"),
            ("known, no Kruise", ended.sidecar(), onlyAgents, "node"),
            ("known, neither", ended.sidecar(), noImage, "exec"),
            ("known, its code ignored", ended.sidecar(env: ignoring), everything, "crr"),
            ("known, main failed", failed.sidecar(), everything, "crr"),
            ("known, an image as well", ended.sidecar(), asUsual, "image"),
            ("known, but it waits", ended.sidecar("sidecar", .waiting("CrashLoopBackOff")), everything, "hold"),
            ("unknown", ended.sidecar("other").sidecar(), everything, "hold"),
        ] as [(String, PodSketch, @Sendable (inout Surroundings) -> Void, String)])
    func `under Never signals need a known exit code`(
        _ name: String, _ sketch: PodSketch, _ change: @Sendable (inout Surroundings) -> Void, _ expected: String
    ) throws {
        var rules = MarkerRules()
        if name != "unknown" {
            rules.sidecars.insert(SidecarRule(names: ["sidecar"], images: [], exitsWithZero: true), at: 0)
        }
        #expect(try Self.step(sketch, .ordinary(now: 1600, change), rules: rules) == expected)
    }

    @Test func `another signal or command than TERM stands for itself`() throws {
        var rules = MarkerRules()
        var rule = SidecarRule(names: ["sidecar"], images: [])
        rule.exec = ExecStop(signal: "INT", exitsWithZero: true)
        rules.sidecars.insert(rule, at: 0)
        // Kruise and the node agent would send TERM.
        #expect(try Self.step(Self.ended.sidecar(), .ordinary(now: 1600, Self.everything), rules: rules) == "exec")
        let shared = Self.ended.sidecar().with { $0.spec.shareProcessNamespace = true }
        #expect(try Self.step(shared, .ordinary(now: 1600, Self.noImage), rules: rules) == "hold")
        // A command needs no process 1.
        rules.sidecars[0].exec = ExecStop(command: ["nginx", "-s", "quit"], exitsWithZero: true)
        #expect(try Self.step(shared, .ordinary(now: 1600, Self.noImage), rules: rules) == "exec")
        rules.sidecars[0].exec?.exitsWithZero = false
        rules.sidecars[0].exitsWithZero = true
        #expect(try Self.step(shared, .ordinary(now: 1600, Self.noImage), rules: rules) == "hold")
    }

    @Test func `a marker's way to end counts where nothing is known of the container itself`() throws {
        var rules = MarkerRules()
        rules.markerExecs[Variable.terminate] = ExecStop(signal: "QUIT", exitsWithZero: true)
        rules.markerLadders[Variable.terminate] = [.exec, .hold]
        let facts = Self.ended.sidecar().facts(rules)
        #expect(facts.sidecars[0].exec.commands.first == ["kill", "-QUIT", "1"])
        #expect(try Self.step(Self.ended.sidecar(), rules: rules) == "exec")
        rules.sidecars.insert(SidecarRule(names: ["sidecar"], images: [], exitsWithZero: true), at: 0)
        #expect(Self.ended.sidecar().facts(rules).sidecars[0].exec.signal == "QUIT")
        rules.sidecars[0].exec = ExecStop(command: ["stop"])
        #expect(Self.ended.sidecar().facts(rules).sidecars[0].exec.commands == [["stop"]])
        #expect(try Self.step(Self.ended.sidecar(), rules: rules) == "hold")
    }

    @Test func `a sidecar known to exit with 0 may be signalled`() throws {
        var rules = MarkerRules()
        rules.sidecars.insert(SidecarRule(names: ["sidecar"], images: [], exitsWithZero: true), at: 0)
        #expect(try Self.step(Self.retried.sidecar(), .ordinary(now: 1600, Self.everything), rules: rules) == "crr")
        rules.sidecars[0].ladder = [.exec, .image]
        #expect(try Self.step(Self.retried.sidecar(), rules: rules) == "exec")
    }

    @Test func `a ladder without hold may let the sidecar's code decide`() throws {
        var rules = MarkerRules()
        rules.ladder = [.exec]
        #expect(try Self.step(Self.ended.sidecar(), rules: rules) == "exec")
    }

    @Test func `what stands in the way is said`() throws {
        let facts = Self.ended.sidecar(command: Self.strange).with { $0.metadata.ownerReferences = [] }
            .with { $0.spec.shareProcessNamespace = true }.facts()
        let ladder = Ladder(pod: facts, sidecar: facts.sidecars[0], result: .succeeded, surroundings: .ordinary())
        var budget = RestartBudget.unlimited
        let (step, obstacles) = ladder.next(budget: &budget)
        #expect(step == .exhausted)
        #expect(
            obstacles.map(\.description) == [
                "http: no quit endpoint is known", "image: the exit image has no /opt/server",
                "crr: Kruise's API is not served", "node: no node agent is installed",
                "exec: process 1 of the container is not its own", "debug: process 1 of the container is not its own",
                "hold: no Job counts this pod",
            ])
    }
}

extension Surroundings {
    /// As on an ordinary cluster: an exit image, no Kruise, no node agents.
    static func ordinary(now: Int64 = 1600, _ change: (inout Surroundings) -> Void = { _ in }) -> Surroundings {
        var surroundings = Surroundings(now: now)
        surroundings.exitImage = ExitImage("exit0:latest")
        // Where nothing else is said the exit image is known to run.
        surroundings.remembered = Dictionary(
            uniqueKeysWithValues: ["sidecar", "other", "logger", "proxy", "a", "b", "c0", "c1", "c2", "c3"].map {
                ($0, .passed)
            })
        change(&surroundings)
        return surroundings
    }
}

extension Plan {
    init(for pod: PodFacts, in surroundings: Surroundings) {
        self.init(for: pod, pod.verdict, in: surroundings)
    }
}

extension PodDiagnosis {
    init(_ pod: PodFacts, _ surroundings: Surroundings) { self.init(pod, pod.verdict, surroundings) }
}
