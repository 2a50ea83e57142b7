import Basics
import KubeModel
import KubeTestSupport
import PodRules
import PodTestSupport
import Telemetry
import TestSupport
import Testing

@testable import Terminator

/// What one pod has shown is taken to hold for others, as long as all that decides is the same.
@Suite struct RehearsalMemoryTests {
    static let image = ExitImage("exit0:latest")
    static let ended = PodSketch().container("main", .exit(0)).sidecar()
    static let begun = "sidecar=image@1590/0?"

    struct Bench {
        let clock = VirtualClock()
        let registry = MetricRegistry()
        let memory: RehearsalMemory
        /// Pods that are to be looked at again.
        let woken = Shared<[String]>([])

        init(_ image: ExitImage = RehearsalMemoryTests.image) {
            memory = RehearsalMemory(
                image, time: Timepiece(clock), results: TerminatorMetrics(registry).rehearsals
            ) { [woken] key in woken.change { $0.append(key.name) } }
        }

        func consult(_ sketch: PodSketch, virtual: Bool = false) -> Surroundings {
            var surroundings = Surroundings(now: 1600)
            surroundings.exitImage = RehearsalMemoryTests.image
            memory.consult(sketch.facts(virtual: virtual), &surroundings)
            return surroundings
        }

        func count(_ result: String) -> Bool {
            String(decoding: registry.exposition(), as: UTF8.self)
                .contains(#"kpipe_terminator_rehearsals_total{result="\#(result)"} 1"#)
        }
    }

    static func other(_ change: (inout Pod) -> Void = { _ in }) -> PodSketch {
        ended.with { pod in
            pod.metadata.uid = "another"
            pod.metadata.name = "another"
            change(&pod)
        }
    }

    @Test func `what passed in one pod holds in the next, for an hour`() {
        let bench = Bench()
        #expect(bench.consult(Self.ended).remembered.isEmpty)
        #expect(bench.consult(Self.ended.progress(Self.begun).helper(.exit(0))).remembered.isEmpty)
        #expect(bench.consult(Self.other()).remembered == ["sidecar": .passed])
        #expect(bench.count("passed"))
        bench.clock.advance(by: .seconds(3599))
        #expect(bench.consult(Self.other()).remembered == ["sidecar": .passed])
        bench.clock.advance(by: .seconds(1))
        #expect(bench.consult(Self.other()).remembered.isEmpty)
    }

    @Test func `what failed is tried anew after some minutes`() {
        let bench = Bench()
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.waiting("ErrImagePull")))
        #expect(
            bench.consult(Self.other()).remembered == ["sidecar": .failed("cannot be started here: ErrImagePull")])
        #expect(bench.count("failed"))
        bench.clock.advance(by: .seconds(300))
        #expect(bench.consult(Self.other()).remembered.isEmpty)
    }

    struct Difference: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let change: @Sendable (inout Pod) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout Pod) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    static let differences = [
        Difference("another node") { $0.spec.nodeName = "n2" },
        Difference("another namespace") { $0.metadata.namespace = "other" },
        Difference("another account") { $0.spec.serviceAccountName = "x" },
        Difference("another runtime") { $0.spec.runtimeClassName = "kata" },
        Difference("another user") { $0.spec.securityContext = [1] },
        Difference("another user of the container") { $0.spec.containers[1].securityContext = [1] },
        Difference("another program") { $0.spec.containers[1].command = ["bash"] },
        Difference("other arguments") { $0.spec.containers[1].args = ["x"] },
        Difference("another folder") { $0.spec.containers[1].workingDir = "/x" },
        Difference("another pull policy") { $0.spec.containers[1].imagePullPolicy = "Always" },
    ]

    @Test(arguments: differences) func `what decides is not the same`(_ one: Difference) {
        let bench = Bench()
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.exit(0)))
        #expect(bench.consult(Self.other(one.change)).remembered.isEmpty)
    }

    /// The registry is asked again for each swap, and may answer otherwise by then.
    @Test func `who always pulls rehearses for itself, and takes a no from others`() {
        let bench = Bench()
        let always: @Sendable (inout Pod) -> Void = { $0.spec.containers[1].imagePullPolicy = "Always" }
        let begun = Self.ended.with(always).progress(Self.begun)
        let facts = Self.ended.with(always).facts()
        let surroundings = bench.consult(Self.ended.with(always))
        bench.memory.note(Plan(for: facts, in: surroundings), of: facts, surroundings)
        #expect(bench.consult(Self.ended.with(always)).rehearsing == ["sidecar"])
        #expect(bench.consult(Self.other(always)).rehearsing.isEmpty)
        _ = bench.consult(begun.helper(.exit(0)))
        #expect(bench.consult(Self.other(always)).remembered.isEmpty)
        _ = bench.consult(begun.helper(.waiting("ErrImagePull")))
        #expect(bench.consult(Self.other(always)).remembered["sidecar"] != nil)
    }

    @Test func `arguments mean nothing to our own image`() {
        let memory = RehearsalMemory(
            ExitImage("registry.example/kpipe-exit@sha256:1"), time: Timepiece(VirtualClock()),
            results: TerminatorMetrics(MetricRegistry()).rehearsals
        ) { _ in }
        let reference = "registry.example/kpipe-exit@sha256:1"
        let shown = Self.ended.with { pod in
            var helper = Container()
            helper.name = HelperPurpose.rehearsal(0).name(for: "sidecar", reference)
            helper.image = reference
            helper.command = pod.spec.containers[1].command
            pod.spec.ephemeralContainers = [helper]
            var status = ContainerStatus()
            status.name = helper.name
            status.state = .exit(0)
            pod.status.ephemeralContainerStatuses = [status]
        }
        var surroundings = Surroundings(now: 1600)
        memory.consult(shown.facts(), &surroundings)
        memory.consult(Self.other { $0.spec.containers[1].args = ["--run=7"] }.facts(), &surroundings)
        #expect(surroundings.remembered == ["sidecar": .passed])
    }

    /// What can become of a rehearsal that another pod waits for.
    enum End: CaseIterable, Sendable { case passed, givenUp, podIsDeleted, sidecarHasLeft }

    /// - Parameter isTwofold: a second pod had looked before the first one's was known, and has begun, too.
    @Test(arguments: End.allCases, [false, true])
    func `who waits for another's rehearsal is told when it is over`(_ end: End, _ isTwofold: Bool) {
        let bench = Bench()
        let surroundings = bench.consult(Self.ended)
        let first = Self.ended.facts()
        bench.memory.note(Plan(for: first, in: surroundings), of: first, surroundings)
        _ = bench.consult(Self.ended)
        _ = bench.consult(Self.other())
        var last = Self.ended
        if isTwofold {
            last = Self.other { ($0.metadata.name, $0.metadata.uid) = ("second", "second") }
            let second = last.facts()
            bench.memory.note(Plan(for: second, in: surroundings), of: second, surroundings)
        }
        #expect(bench.woken.value.isEmpty)
        switch end {
        case .passed: _ = bench.consult(last.progress(Self.begun).helper(.exit(0)))
        case .givenUp: bench.memory.giveUp(last.facts().key)
        case .podIsDeleted:
            _ = bench.consult(last.with { $0.metadata.isBeingDeleted = true })
        case .sidecarHasLeft:
            _ = bench.consult(last.with { $0.status.containerStatuses[1].state = $0.status.containerStatuses[0].state })
        }
        #expect(bench.woken.value == ["another"])
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.exit(0)))
        #expect(bench.woken.value == ["another"], "once")
    }

    @Test func `while one is tried others like it wait, and not for ever`() {
        let bench = Bench()
        let surroundings = bench.consult(Self.ended)
        let facts = Self.ended.facts()
        bench.memory.note(Plan(for: facts, in: surroundings), of: facts, surroundings)
        // It may be told of as it was before.
        #expect(bench.consult(Self.ended).rehearsing == ["sidecar"])
        #expect(bench.consult(Self.other()).rehearsing == ["sidecar"])
        bench.memory.giveUp(facts.key)
        #expect(bench.consult(Self.other()).rehearsing.isEmpty)
        bench.memory.note(Plan(for: facts, in: surroundings), of: facts, surroundings)
        bench.clock.advance(by: .seconds(Rehearsal.limit))
        #expect(bench.consult(Self.other()).rehearsing.isEmpty)
    }

    @Test func `a swap that goes otherwise than promised is learnt from`() {
        let bench = Bench()
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.exit(0)))
        let swapped = Self.ended.progress("sidecar=image@1590/0").with { pod in
            pod.spec.containers[1].image = "exit0:latest"
            pod.status.containerStatuses[1].state = .exit(128, "StartError")
            pod.status.containerStatuses[1].restartCount = 1
        }
        _ = bench.consult(swapped)
        #expect(bench.consult(Self.other()).remembered == ["sidecar": .failed("ended with 128 after a swap here")])
    }

    @Test func `a swap that is remembered is counted`() {
        let bench = Bench()
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.exit(0)))
        let surroundings = bench.consult(Self.other())
        let facts = Self.other().facts()
        bench.memory.note(Plan(for: facts, in: surroundings), of: facts, surroundings)
        #expect(bench.count("remembered"))
    }

    @Test func `on virtual nodes nothing is rehearsed`() {
        let bench = Bench()
        _ = bench.consult(Self.ended.progress(Self.begun).helper(.exit(0)))
        #expect(bench.consult(Self.other(), virtual: true).remembered.isEmpty)
    }
}
