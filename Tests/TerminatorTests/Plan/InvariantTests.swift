import KubeModel
import PodRules
import PodTestSupport
import TestSupport
import Testing

@testable import Terminator

/// All combinations, drawn at random: what must hold whatever the pod.
@Suite struct InvariantTests {
    static let states: [ContainerState] = [
        .unknown, .up, .waiting("ContainerCreating"), .waiting("ImagePullBackOff"), .waiting("CrashLoopBackOff"),
        .exit(0), .exit(1), .exit(137, "OOMKilled"), .exit(128, "StartError"),
    ]
    static let progresses = [
        "", "c0=image@1590/0", "c1=http@1590/0!,image@1590/1", "c2=hold@1500/0", "c1=crr@1100/0,exec@1200/0!",
        "c0=hold@1000/0,deadline@1200/0", "rubbish", "c1=image@99999999999/0", "c0=image@1590/0?",
        "c1=image@1500/0?,hold@1590/0", "c2=image@1590/0?!,debug@1595/0",
    ]

    static func pod(_ dice: inout SeededGenerator) -> PodSketch {
        let phase = ["Pending", "Running", "Running", "Running", "Succeeded", "Failed", ""].randomElement(using: &dice)!
        var sketch = PodSketch(["Never", "OnFailure"].randomElement(using: &dice)!, phase: phase)
        for index in 0..<Int.random(in: 1...4, using: &dice) {
            let state = states.randomElement(using: &dice)!
            var env: [String: String] = [:]
            if Bool.random(using: &dice) { env[WellKnownNames.Variable.terminate] = "true" }
            if Int.random(in: 0..<5, using: &dice) == 0 { env[WellKnownNames.Variable.terminateWithImage] = "exit:1" }
            if Int.random(in: 0..<5, using: &dice) == 0 { env[WellKnownNames.Variable.ignoreExitCode] = "true" }
            let policy = [nil, nil, nil, "Always", "OnFailure", "Never"].randomElement(using: &dice)!
            sketch = sketch.container(
                "c\(index)", state, env: env,
                command: [["sh"], [], ["/opt/server"]].randomElement(using: &dice)!,
                restarts: Int32.random(in: 0...2, using: &dice)
            ) { $0.restartPolicy = policy }
        }
        return sketch.with { pod in
            pod.metadata.isBeingDeleted = Int.random(in: 0..<8, using: &dice) == 0
            pod.spec.shareProcessNamespace = Int.random(in: 0..<4, using: &dice) == 0
            if Int.random(in: 0..<4, using: &dice) == 0 { pod.metadata.finalizers = [] }
            if Int.random(in: 0..<4, using: &dice) == 0 { pod.metadata.ownerReferences = [] }
            if Int.random(in: 0..<6, using: &dice) == 0, !pod.status.containerStatuses.isEmpty {
                pod.status.containerStatuses.removeLast()
            }
            if Int.random(in: 0..<5, using: &dice) == 0 {
                pod.metadata.annotations[WellKnownNames.Annotation.primaryContainer] =
                    ["c0", "c1", "gone"].randomElement(using: &dice)!
            }
            pod.metadata.annotations[WellKnownNames.Annotation.progress] = progresses.randomElement(using: &dice)!
            pod.metadata.annotations[WellKnownNames.Annotation.quitPrefix + "c1"] = ":15020/quit"
            for container in pod.spec.containers where Int.random(in: 0..<4, using: &dice) == 0 {
                var helper = Container()
                helper.name = HelperPurpose.rehearsal(0).name(for: container.name, "exit0:latest")
                helper.image = "exit0:latest"
                helper.command = container.command
                pod.spec.ephemeralContainers.append(helper)
                var status = ContainerStatus()
                status.name = helper.name
                status.state = states.randomElement(using: &dice)!
                pod.status.ephemeralContainerStatuses.append(status)
            }
        }
    }

    static func surroundings(_ dice: inout SeededGenerator) -> Surroundings {
        .ordinary { surroundings in
            if Bool.random(using: &dice) { surroundings.exitImage = nil }
            for name in ["c0", "c1", "c2", "c3"] where Bool.random(using: &dice) {
                surroundings.remembered[name] = [nil, .failed("does not run")].randomElement(using: &dice)!
            }
            if Bool.random(using: &dice) { surroundings.learned = ["c0", "c1"] }
            surroundings.isKruiseServed = Bool.random(using: &dice)
            surroundings.hasNodeAgents = Bool.random(using: &dice)
            surroundings.budget = RestartBudget(
                backoffLimit: Int.random(in: 0...6, using: &dice), of: PodFacts(), among: [])
        }
    }

    @Test func `whatever the pod`() throws {
        var dice = SeededGenerator(seed: 20_261_121)
        var seen: [String: Int] = [:]
        for round in 0..<5000 {
            let sketch = Self.pod(&dice)
            let isVirtual = Int.random(in: 0..<6, using: &dice) == 0
            let surroundings = Self.surroundings(&dice)
            let facts = sketch.facts(virtual: isVirtual)
            let plan = Plan(for: facts, in: surroundings)
            seen[plan.verdict.kind, default: 0] += 1
            let mains = Set(facts.mains.map(\.name))
            let comment: Comment = "round \(round)"

            #expect(mains.isDisjoint(with: plan.touched), comment)
            if plan.isActive {
                #expect(facts.mains.allSatisfy { !$0.isOpen } && !mains.isEmpty, comment)
                #expect(!facts.isBeingDeleted && !facts.isDisabled, comment)
                // All has ended, and the phase alone is held.
                let holdsAlone = plan.calls == [.hold(phase: "Succeeded")] && facts.openSidecars.isEmpty
                #expect(facts.verdict.kind == "terminate" || holdsAlone, comment)
            }
            if facts.isOnVirtualNode {
                #expect(plan.cues.isEmpty && !plan.calls.contains(where: \.needsMachine), comment)
            }
            // Every open sidecar of an ended pod is acted on, waited for, or said to be beyond us.
            if case .terminate(let open, _) = plan.verdict {
                #expect(plan.isActive || plan.recheck != nil, comment)
                #expect(!open.isEmpty, comment)
            }
            expectSameInAnyOrder(sketch, plan, surroundings, isVirtual, &dice, comment)
        }
        // The dice reach every kind of verdict often enough for the above to mean something.
        for kind in ["leave", "wait", "terminate", "done"] { #expect(seen[kind, default: 0] > 20) }
    }

    private func expectSameInAnyOrder(
        _ sketch: PodSketch, _ plan: Plan, _ surroundings: Surroundings, _ isVirtual: Bool,
        _ dice: inout SeededGenerator,
        _ comment: Comment
    ) {
        var shuffled = sketch
        shuffled.pod.spec.containers.shuffle(using: &dice)
        shuffled.pod.status.containerStatuses.shuffle(using: &dice)
        #expect(Plan(for: shuffled.facts(virtual: isVirtual), in: surroundings) == plan, comment)
    }
}

extension Verdict {
    var kind: String {
        switch self {
        case .leave: "leave"
        case .wait: "wait"
        case .terminate: "terminate"
        case .done: "done"
        }
    }
}

extension Plan {
    /// Containers that something is done to.
    var touched: Set<String> {
        var names = Set(images.keys).union(cues.keys)
        for call in calls {
            switch call {
            case .quit(let container, _), .signal(let container, _), .debug(let container, _, _):
                names.insert(container)
            case .recreate(let containers): names.formUnion(containers)
            case .rehearse(let purposes, _): names.formUnion(purposes.keys)
            case .hold: break
            }
        }
        return names
    }

    /// Whether anything of the pod is ended or changed.
    var isActive: Bool {
        !images.isEmpty || !cues.isEmpty || !calls.isEmpty || attempts.contains { $0.rung == .deadline }
    }
}

extension Plan.Call {
    var needsMachine: Bool {
        switch self {
        case .signal, .recreate, .rehearse, .debug: true
        case .quit, .hold: false
        }
    }
}
