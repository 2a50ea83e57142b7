import KubeModel
import PodRules
import PodTestSupport
import Testing

@testable import Terminator

@Suite struct RestartBudgetTests {
    static let own = PodSketch("OnFailure").container("main", .exit(0)).sidecar()

    static func other(_ number: Int, _ sketch: PodSketch) -> PodFacts {
        sketch.with { $0.metadata.uid = "other-\(number)" }.facts()
    }

    static let runs = other(1, PodSketch("OnFailure").container("main", .up, restarts: 2).sidecar())
    static let finishing = other(
        2,
        PodSketch("OnFailure").container("main", .exit(0)).sidecar("s", .exit(0), restarts: 1)
            .progress("s=image@5/0"))
    static let swapped = other(
        3, PodSketch("OnFailure").container("main", .exit(0)).sidecar("s").progress("s=image@5/0"))
    static let finished = other(
        4, PodSketch("OnFailure", phase: "Succeeded").container("main", .exit(0)).sidecar("s", .exit(0), restarts: 9))

    @Test(
        arguments: [
            (0, [], [.denied]), (1, [], [.denied]), (2, [], [.granted, .denied]),
            (6, [], [.granted, .granted, .granted, .granted, .granted, .denied]),
            (3, [runs], [.denied]), (4, [runs], [.granted, .denied]), (2, [finishing], [.later]),
            (2, [swapped], [.later]), (3, [swapped, finishing], [.later]), (3, [swapped], [.granted, .later]),
            (2, [finished], [.granted, .denied]), (0, [swapped], [.denied]),
        ] as [(Int, [PodFacts], [RestartBudget.Allowance])])
    func `swaps within the Job's limit`(limit: Int, others: [PodFacts], allowed: [RestartBudget.Allowance]) {
        let own = Self.own.facts()
        var budget = RestartBudget(backoffLimit: limit, of: own, among: others + [own])
        #expect(allowed.map { _ in budget.take() } == allowed)
    }

    @Test func `main's own tries count`() {
        let own = PodSketch("OnFailure").container("main", .exit(0), restarts: 4).sidecar().facts()
        var budget = RestartBudget(backoffLimit: 6, of: own, among: [])
        #expect([budget.take(), budget.take()] == [.granted, .denied])
    }

    @Test func `nothing is counted where nothing counts`() {
        var budget = RestartBudget.unlimited
        #expect((0..<100).allSatisfy { _ in budget.take() == .granted })
    }

    @Test(arguments: [Int.min, Int.min + 1, -1, 0, 1, Int(Int32.max), Int.max])
    func `no limit and no count is too large`(_ limit: Int) {
        let own = PodSketch("OnFailure").container("main", .exit(0), restarts: .max).sidecar("s", restarts: .max)
            .sidecar("t", restarts: .max).facts()
        let odd = Self.other(5, PodSketch("OnFailure").container("main", .up, restarts: .min).sidecar("s"))
        var budget = RestartBudget(backoffLimit: limit, of: own, among: [odd, Self.runs])
        #expect(budget.take() == .denied)
    }

    /// A Job's pods are listed and counted only where a swap is next.
    @Test(
        arguments: [
            ("a swap", RestartBudgetTests.own, true),
            ("asked first", own.annotated(WellKnownNames.Annotation.quitPrefix + "sidecar", ":1/"), false),
            ("held", own.progress("sidecar=hold@1590/0"), false),
            (
                "left alone for its last lines",
                own.annotated(WellKnownNames.Annotation.lingerPrefix + "sidecar", "200s"), false
            ),
            (
                "it never ran",
                PodSketch("OnFailure").container("main", .exit(0)).sidecar("sidecar", .waiting("ErrImagePull")), false
            ),
            ("counted", own.with { $0.metadata.finalizers = [] }, false),
        ])
    func `who asks for a Job's restarts`(_ name: String, _ sketch: PodSketch, _ isAsked: Bool) {
        #expect(Plan(for: sketch.facts(), in: .ordinary { $0.budget = .unknown }).lacksBudget == isAsked, "\(name)")
    }

    @Test func `a swap that was refused costs nothing`() {
        let refused = Self.other(
            6, PodSketch("OnFailure").container("main", .up).sidecar("s").progress("s=image@5/0!"))
        var budget = RestartBudget(backoffLimit: 2, of: Self.own.facts(), among: [refused])
        #expect(budget.take() == .granted)
    }
}

extension RestartBudget {
    init(backoffLimit: Int, of pod: PodFacts, among pods: [PodFacts]) {
        self.init(backoffLimit: backoffLimit, of: pod, beside: pods.compactMap(RestartShare.init))
    }
}
