import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

/// That a sidecar ends with 0 on SIGTERM is believed when two pods have shown it, and no longer once one shows otherwise.
@Suite struct TermMemoryTests {
    static func pod(
        _ uid: String, _ state: ContainerState = .up, _ progress: String = "", image: String = "sha256:1",
        command: [String] = ["agent"], last: ContainerState? = nil, restarts: Int32 = 0,
        _ change: (inout Pod) -> Void = { _ in }
    ) -> PodFacts {
        let sketch = PodSketch().container("main", .exit(1))
            .sidecar("sidecar", state, command: command, restarts: restarts)
            .with { pod in
                pod.metadata.uid = uid
                pod.status.containerStatuses[1].imageID = image
                if case .terminated(let end)? = last { pod.status.containerStatuses[1].lastTermination = end }
                change(&pod)
            }
        return (progress.isEmpty ? sketch : sketch.progress(progress)).facts()
    }

    static func learned(_ memory: TermMemory, _ pod: PodFacts) -> Bool {
        var surroundings = Surroundings(now: 1600)
        memory.consult(pod, &surroundings)
        return surroundings.learned == ["sidecar"]
    }

    @Test func `two pods have to show it`() {
        let memory = TermMemory()
        #expect(!Self.learned(memory, Self.pod("a", .exit(0), "sidecar=node@1490/0")))
        #expect(!Self.learned(memory, Self.pod("a", .exit(0), "sidecar=node@1490/0")))
        #expect(!Self.learned(memory, Self.pod("x")))
        #expect(!Self.learned(memory, Self.pod("b", .exit(0), "sidecar=exec@1490/0")))
        #expect(Self.learned(memory, Self.pod("x")))
        #expect(!Self.learned(memory, Self.pod("x", image: "sha256:2")))
        #expect(!Self.learned(memory, Self.pod("x", command: ["other"])))
        #expect(!Self.learned(memory, Self.pod("x", image: "")))
        // What a tenant's pods show says nothing of another's, nor what takes its time of one that has less.
        #expect(!Self.learned(memory, Self.pod("x") { $0.metadata.namespace = "other" }))
        #expect(!Self.learned(memory, Self.pod("x") { $0.spec.terminationGracePeriodSeconds = 4 }))
        // Once otherwise, and it counts no more.
        _ = Self.learned(memory, Self.pod("c", .exit(143), "sidecar=crr@1490/0"))
        #expect(!Self.learned(memory, Self.pod("x")))
        for uid in ["d", "e", "f"] { _ = Self.learned(memory, Self.pod(uid, .exit(0), "sidecar=node@1490/0")) }
        #expect(!Self.learned(memory, Self.pod("x")))
    }

    @Test(arguments: [
        ("asked, not signalled", "sidecar=http@1490/0", ContainerState.exit(0)),
        ("held, and nothing else", "sidecar=hold@1490/0", .exit(0)),
        ("it had ended before", "sidecar=node@1590/0", .exit(0)),
        ("the signal could not be sent", "sidecar=node@1490/0!", .exit(0)),
        ("only rehearsed", "sidecar=image@1490/0?", .exit(0)), ("nothing was tried", "", .exit(0)),
        ("it runs on", "sidecar=node@1490/0", .up),
    ])
    func `what teaches nothing`(_ name: String, _ progress: String, _ state: ContainerState) {
        let memory = TermMemory()
        for uid in ["a", "b"] { _ = Self.learned(memory, Self.pod(uid, state, progress)) }
        #expect(!Self.learned(memory, Self.pod("x")), "\(name)")
    }

    @Test(arguments: [["sh", "-c", "exec agent"], ["/bin/bash", "/run.sh"], ["tini", "--", "sh", "/run.sh"]])
    func `a script may do otherwise for another's variables`(_ command: [String]) {
        let memory = TermMemory()
        for uid in ["a", "b"] {
            _ = Self.learned(memory, Self.pod(uid, .exit(0), "sidecar=node@1490/0", command: command))
        }
        #expect(!Self.learned(memory, Self.pod("x", command: command)))
    }

    @Test(arguments: ["sidecar=hold@1480/0,deadline@1490/0", "sidecar=debug@1490/0", "sidecar=http@1480/0,node@1490/0"])
    func `what teaches`(_ progress: String) {
        let memory = TermMemory()
        for uid in ["a", "b"] { _ = Self.learned(memory, Self.pod(uid, .exit(0), progress)) }
        #expect(Self.learned(memory, Self.pod("x")))
    }

    @Test func `of a swap the old run is what got the signal`() {
        let memory = TermMemory()
        for uid in ["a", "b"] {
            let before = Self.pod(uid)
            var plan = Plan(verdict: before.verdict)
            plan.images = ["sidecar": "exit0:latest"]
            memory.note(plan, of: before)
            let after = Self.pod(
                uid, .exit(0), "sidecar=image@1490/0", image: "sha256:exit", last: .exit(0), restarts: 1)
            _ = Self.learned(memory, after)
        }
        #expect(Self.learned(memory, Self.pod("x")))
        #expect(!Self.learned(memory, Self.pod("x", image: "sha256:exit")))
    }

    @Test func `what was learnt can be told`() throws {
        let memory = TermMemory()
        let pod = Self.pod("x")
        let sidecar = try #require(pod.sidecars.first)
        #expect(memory.lesson(on: sidecar, of: pod) == nil)
        for (uid, code, lesson) in [("a", 0, TermLesson.zeroOnce), ("b", 0, .zero), ("c", 143, .otherwise)] {
            _ = Self.learned(memory, Self.pod(uid, .exit(Int32(code)), "sidecar=node@1490/0"))
            #expect(memory.lesson(on: sidecar, of: pod) == lesson)
        }
    }

    @Test func `one program too many makes room, one that is known does not`() {
        let memory = TermMemory()
        func see(_ uid: String, _ image: String) {
            _ = Self.learned(memory, Self.pod(uid, .exit(0), "sidecar=node@1490/0", image: image))
        }
        for uid in ["a", "b"] { see(uid, "sha256:1") }
        for number in 2...TermMemory.limit { see("a", "sha256:\(number)") }
        see("c", "sha256:1")
        #expect(Self.learned(memory, Self.pod("x")))
        see("a", "sha256:new")
        #expect(!Self.learned(memory, Self.pod("x")))
        see("b", "sha256:new")
        #expect(Self.learned(memory, Self.pod("x", image: "sha256:new")))
    }
}
