import KubeModel
import OperatorConfiguration
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

private typealias Annotation = WellKnownNames.Annotation

/// What is done about a sidecar whose swap has not been proved harmless. It is 1600, main ended at 1500.
@Suite struct RehearsalTests {
    static let ended = PodSketch().container("main", .exit(0))
    static let retried = PodSketch("OnFailure").container("main", .exit(0))
    static let begun = "sidecar=image@1590/0?"

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var sketch: PodSketch
        var isVirtual = false
        var expected: String
        var change: @Sendable (inout Surroundings) -> Void

        init(
            _ name: String, _ sketch: PodSketch, _ expected: String, virtual: Bool = false,
            _ change: @escaping @Sendable (inout Surroundings) -> Void = { _ in }
        ) {
            testDescription = name
            self.sketch = sketch
            self.expected = expected
            isVirtual = virtual
            self.change = change
        }
    }

    static let first = [
        Case("nothing is known", ended.sidecar(), "rehearse 0"),
        Case("another pod has shown that it runs", ended.sidecar(), "image") { $0.remembered = ["sidecar": .passed] },
        Case("another pod has shown that it does not", ended.sidecar(), "hold") {
            $0.remembered = ["sidecar": .failed("cannot be pulled")]
        },
        Case("another pod is about to show it", ended.sidecar(), "image in 15") { $0.rehearsing = ["sidecar"] },
        Case("what is known of another container says nothing", ended.sidecar(), "rehearse 0") {
            $0.remembered = ["other": .passed]
        },
        Case("no budget: nothing to rehearse", retried.sidecar(), "hold") { $0.budget = LadderTests.budget(1) },
        Case("enough budget", retried.sidecar(), "rehearse 0") { $0.budget = LadderTests.budget(2) },
        Case("a command that the image lacks", ended.sidecar(command: ["/opt/x"]), "hold"),
        Case(
            "its program lies on a volume",
            ended.sidecar(command: ["/usr/bin/python3", "x.py"]) { $0.mountPaths = ["/data", "/usr/bin/"] }, "hold"),
        Case("a volume elsewhere", ended.sidecar { $0.mountPaths = ["/data", "/binary"] }, "rehearse 0"),
        Case("a volume over the search path", ended.sidecar { $0.mountPaths = ["/usr/local"] }, "hold"),
        Case("a file over the program", ended.sidecar { $0.mountPaths = ["/bin/../bin/./sh"] }, "hold"),
        Case("a file over another program", ended.sidecar { $0.mountPaths = ["/bin/bash"] }, "rehearse 0"),
        Case("on a virtual node it is made as Kruise makes it", ended.sidecar(), "image", virtual: true),
        Case("on Windows", ended.sidecar().with { $0.spec.operatingSystem = "windows" }, "hold"),
        Case(
            "a pod that nothing counts is left as it would be",
            ended.sidecar().with { $0.metadata.ownerReferences = [] }, "exhausted"
        ) { $0.remembered = ["sidecar": .failed("does not run")] },
        Case("where TERM gives 0 that comes before a hold", ended.sidecar(), "exec") {
            $0.remembered = ["sidecar": .failed("does not run")]
            $0.learned = ["sidecar"]
        },
        Case("under OnFailure as well, whatever the budget", retried.sidecar(), "node") {
            $0.remembered = ["sidecar": .failed("does not run")]
            $0.learned = ["sidecar"]
            $0.hasNodeAgents = true
            $0.budget = LadderTests.budget(0)
        },
    ]

    static let later = [
        Case("it was remembered, and perhaps not begun", ended.sidecar().progress(begun), "rehearse 0"),
        Case("it was begun, and the pod is told of as it was before", ended.sidecar().progress(begun), "image in 20") {
            $0.rehearsing = ["sidecar"]
        },
        Case("it never came to be", ended.sidecar().progress("sidecar=image@1560/0?"), "hold"),
        Case("it was refused", ended.sidecar().progress("sidecar=image@1590/0?!"), "hold"),
        Case("it is under way", ended.sidecar().progress(begun).helper(.unknown), "image in 20"),
        Case(
            "it is being pulled", ended.sidecar().progress(begun).helper(.waiting("ContainerCreating")), "image in 20"),
        Case("it runs", ended.sidecar().progress(begun).helper(.up), "image in 20"),
        Case("it runs on", ended.sidecar().progress("sidecar=image@1570/0?").helper(.up), "hold"),
        Case("it ended with 0", ended.sidecar().progress(begun).helper(.exit(0)), "image"),
        Case(
            "it ended with 0 after it was given up",
            ended.sidecar().progress("sidecar=image@1500/0?!").helper(.exit(0)), "image"),
        Case("it has no such program", ended.sidecar().progress(begun).helper(.exit(128, "StartError")), "hold"),
        Case(
            "the same under OnFailure", retried.sidecar().progress(begun).helper(.waiting("RunContainerError")), "hold"),
        Case("it cannot be pulled", ended.sidecar().progress(begun).helper(.waiting("ErrImagePull")), "hold"),
        Case(
            "its user may not run it",
            ended.sidecar().progress(begun).helper(.waiting("CreateContainerConfigError")), "hold"),
        Case("it was killed: once more", ended.sidecar().progress(begun).helper(.exit(137)), "rehearse 1"),
        Case(
            "it was killed twice",
            ended.sidecar().progress(begun).helper(.exit(137)).helper(.exit(137), number: 1), "hold"),
        Case(
            "killed, and then it went well",
            ended.sidecar().progress(begun).helper(.exit(137)).helper(.exit(0), number: 1), "image"),
        Case("what went wrong long ago is tried once more", ended.sidecar().helper(.exit(128)), "rehearse 1"),
        Case(
            "and no third time", ended.sidecar().helper(.exit(128)).helper(.waiting("ErrImagePull"), number: 1), "hold"),
        Case(
            "a policy has put another image in",
            ended.sidecar().progress(begun).helper(.exit(0), image: "mirror/exit0:latest"), "hold"),
        Case("its own word counts, not others'", ended.sidecar().progress(begun).helper(.exit(128)), "hold") {
            $0.remembered = ["sidecar": .passed]
        },
        Case(
            "others passed, but this one lacks a Secret, whatever its image",
            ended.sidecar("sidecar", .waiting("CreateContainerConfigError"), image: "exit0:latest")
                .progress("sidecar=image@1590/0"), "hold"),
        Case(
            "the kubelet has not heard of the swap",
            ended.sidecar("sidecar", .waiting("CreateContainerConfigError"), image: "exit0:latest")
                .progress("sidecar=image@1595/0"), "image in 90"),
        Case(
            "once the Job has counted nothing is swapped any more",
            LadderTests.counted.sidecar().progress("sidecar=hold@1590/0"), "deadline"),
    ]

    @Test(arguments: first + later) func `the next step`(_ one: Case) throws {
        var surroundings = Surroundings.ordinary()
        surroundings.remembered = [:]
        one.change(&surroundings)
        #expect(try LadderTests.step(one.sketch, surroundings, virtual: one.isVirtual) == one.expected)
    }

    /// From beside the sidecar, where it has no shell. The signal was asked for at 1590; 35 s are what it is given.
    static let signalled = [
        Case("nothing was begun", ended.sidecar(), "debug"),
        Case(
            "as whom it runs is being found out",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.up, .user), "debug in 25"),
        Case(
            "as whom it runs is known",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.exit(0), .user), "debug"),
        Case(
            "the exit image has no such program",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.exit(128, "StartError"), .user), "hold"),
        Case(
            "the signal is sent",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.exit(0), .user).helper(.exit(0), .signal), "debug in 25"),
        Case(
            "it died with what it ended",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.exit(137), .signal), "debug in 25"),
        Case(
            "it may not send it",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.exit(1), .signal), "hold"),
        Case(
            "the exit image cannot be pulled",
            ended.sidecar().progress("sidecar=debug@1590/0")
                .helper(.waiting("ImagePullBackOff"), .signal), "hold"),
        Case(
            "the signal was not heard",
            ended.sidecar().progress("sidecar=debug@1560/0")
                .helper(.exit(0), .signal), "hold"),
        Case("processes are shared", ended.sidecar().with { $0.spec.shareProcessNamespace = true }, "hold"),
        Case("on Windows", ended.sidecar().with { $0.spec.operatingSystem = "windows" }, "hold"),
        Case("it does not run", ended.sidecar("sidecar", .waiting("CrashLoopBackOff")), "hold"),
        Case("no exit image", ended.sidecar(), "hold") { $0.exitImage = nil },
        Case("what TERM gives is not known", ended.sidecar(), "hold") { $0.learned = [] },
    ]

    @Test(arguments: signalled) func `a signal from beside it`(_ one: Case) throws {
        var rules = MarkerRules()
        rules.ladder = [.debug, .hold]
        var surroundings = Surroundings.ordinary()
        surroundings.learned = ["sidecar"]
        one.change(&surroundings)
        #expect(try LadderTests.step(one.sketch, surroundings, rules: rules) == one.expected)
    }

    @Test(
        arguments: [
            ("none", nil, ContainerState.up, Int64(1500), "image"), ("some", "120s", .up, 1500, "linger 20"),
            ("over", "99s", .up, 1500, "image"), ("bounded by the operator", "24h", .up, 1500, "linger 200"),
            ("a node's clock that is ahead", "30s", .up, 9999, "linger 30"),
            ("nothing that could have last lines", "120s", .waiting("CrashLoopBackOff"), 1500, "image"),
            ("no duration", "soon", .up, 1500, "image"),
        ] as [(String, String?, ContainerState, Int64, String)])
    func `a sidecar's last lines are waited for`(
        _ name: String, _ text: String?, _ state: ContainerState, _ end: Int64, _ expected: String
    ) throws {
        var sketch = Self.ended.sidecar("sidecar", state).with { pod in
            guard case .terminated(var last) = pod.status.containerStatuses[0].state else { return }
            last.finishedAt = end
            pod.status.containerStatuses[0].state = .terminated(last)
        }
        if let text { sketch = sketch.annotated(Annotation.lingerPrefix + "sidecar", text) }
        #expect(try LadderTests.step(sketch) == expected, "\(name)")
        guard expected.hasPrefix("linger") else { return }
        // Once its ladder has begun it goes on.
        #expect(try LadderTests.step(sketch.progress("sidecar=image@1590/0")) == "image in 85")
    }
}

/// What a plan makes of it.
@Suite struct RehearsalPlanTests {
    static let pod = PodSketch().container("main", .exit(0)).sidecar("a").sidecar("b")

    static func plan(_ sketch: PodSketch, _ change: (inout Surroundings) -> Void = { _ in }) -> Plan {
        Plan(
            for: sketch.facts(),
            in: .ordinary {
                $0.remembered = [:]
                change(&$0)
            })
    }

    @Test func `all sidecars are rehearsed in one request, and nothing is swapped before`() {
        let plan = Self.plan(Self.pod)
        #expect(plan.calls == [.rehearse(["a": .rehearsal(0), "b": .rehearsal(0)], image: "exit0:latest")])
        #expect(plan.images.isEmpty && plan.announcements.isEmpty)
        #expect(plan.progress.description == "a=image@1600/0?;b=image@1600/0?")
        #expect(plan.recheck == 30)
    }

    @Test func `repeating keeps the time`() {
        let plan = Self.plan(Self.pod.progress("a=image@1590/0?;b=image@1590/0?"))
        #expect(plan.progress.description == "a=image@1590/0?;b=image@1590/0?")
        #expect(plan.rehearsed.sorted() == ["a", "b"])
    }

    @Test func `what has passed is swapped, and remembered as a swap`() {
        let plan = Self.plan(Self.pod.progress("a=image@1590/0?;b=image@1590/0?").helper(.exit(0), for: "a"))
        #expect(plan.images == ["a": "exit0:latest"])
        #expect(plan.progress.description == "a=image@1600/0;b=image@1590/0?")
        #expect(plan.announcements == [.terminating(container: "a", .image)])
    }

    @Test func `why it is not swapped is told once`() {
        let sketch = Self.pod.progress("a=image@1590/0?").helper(.waiting("ErrImagePull"), for: "a")
        let plan = Self.plan(sketch) { $0.remembered = ["b": .failed("x")] }
        #expect(plan.progress.attempt(.image, of: "a")?.hasFailed == true)
        #expect(
            plan.announcements.first
                == .refuted(container: "a", "cannot be started here: ErrImagePull"))
        let next = Self.plan(sketch.progress(plan.progress.description)) { $0.remembered = ["b": .failed("x")] }
        #expect(!next.announcements.contains { if case .refuted = $0 { true } else { false } })
    }

    @Test func `a rehearsal is no restart and no rung that was tried`() {
        let pod = PodSketch("OnFailure").container("main", .exit(0)).sidecar("a").progress("a=image@1590/0?").facts()
        var budget = RestartBudget(backoffLimit: 2, of: pod, among: [pod])
        #expect(budget.take() == .granted)
        #expect(pod.progress.outcomes.isEmpty)
    }

    @Test func `the memory is read as it is written`() {
        for text in ["a=image@1590/0?", "a=image@1590/2?!,hold@1600/0", "a=debug@1/0!"] {
            #expect(Progress(text).description == text)
        }
    }

    @Test func `names are derived, and fit`() {
        let names = [
            HelperPurpose.rehearsal(0).name(for: "a", "x"), HelperPurpose.rehearsal(1).name(for: "a", "x"),
            HelperPurpose.rehearsal(0).name(for: "b", "x"), HelperPurpose.rehearsal(0).name(for: "a", "y"),
            HelperPurpose.user.name(for: "a", "x"), HelperPurpose.signal.name(for: "a", "x"),
        ]
        #expect(Set(names).count == names.count)
        #expect(names[0] == HelperPurpose.rehearsal(0).name(for: "a", "x"))
        for name in names {
            #expect(name.utf8.count <= 63 && name.wholeMatch(of: /kpipe-(reh|user|sig)-[a-z0-9]+/) != nil)
        }
    }
}

extension PodSketch {
    /// An ephemeral container of ours, with the exit image of `.ordinary()`.
    func helper(
        _ state: ContainerState, _ purpose: HelperPurpose? = nil, number: Int = 0, for container: String = "sidecar",
        image: String = "exit0:latest"
    ) -> PodSketch {
        with { pod in
            var helper = Container()
            helper.name = (purpose ?? .rehearsal(number)).name(for: container, "exit0:latest")
            helper.image = image
            if purpose == nil { helper.command = pod.spec.containers.first { $0.name == container }?.command ?? [] }
            pod.spec.ephemeralContainers.append(helper)
            var status = ContainerStatus()
            status.name = helper.name
            status.state = state
            pod.status.ephemeralContainerStatuses.append(status)
        }
    }
}
