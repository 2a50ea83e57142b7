import Basics
import FakeKube
import Foundation
import TerminatorScenarios
import TestSupport
import Testing

@testable import Terminator

/// Many Jobs at once, while the API server errs, something is in the way of the exit image, pods are deleted, clocks are set
/// and machines sleep, and the terminator is killed, cut off or stopped while another leads: all drawn by a seed.
/// `KPIPE_SIMULATED_JOBS` asks for more of them, from the seed `KPIPE_SIMULATED_SEED` on.
@Suite(.serialized, .timeLimit(.minutes(20))) struct RandomFaultTests {
    private static let jobsAtOnce = 100
    static let seeds: ClosedRange<UInt64> = {
        func number(_ name: String) -> UInt64? { ProcessInfo.processInfo.environment[name].flatMap { UInt64($0) } }
        let first = number("KPIPE_SIMULATED_SEED") ?? 1
        return first...first + max(1, (number("KPIPE_SIMULATED_JOBS") ?? 2000) / UInt64(jobsAtOnce)) - 1
    }()

    /// The Job's result is main's, main never runs oftener than without us, and no pod stays open that can be ended.
    @Test(arguments: seeds) func `nothing is lost`(_ seed: UInt64) async throws {
        var dice = SeededGenerator(seed: seed)
        let obstacle = Bool.random(using: &dice) ? Setting.Obstacle.allCases.randomElement(using: &dice) : nil
        let setting = obstacle.map { Setting.hampered(by: $0) } ?? .ordinary
        // Where some are asked to leave, one server would stand for all.
        // A held pod that nobody watches over for long is in the way of others of its Job.
        var kinds = setting.scenarios.filter { $0.quitPorts.isEmpty && $0.spec == nil && $0.completions == 1 }
        // Broken watches one after the other may keep every terminator away for more than the five minutes in which a
        // sidecar that crashes has used up a limit of 6 by itself.
        for index in kinds.indices where kinds[index].id == "crash-loop" { kinds[index].backoffLimit = 100 }
        let jobs = (0..<Self.jobsAtOnce).map { ("job-\($0)", kinds.randomElement(using: &dice)!) }
        var cluster = try await SimulatedCluster(jobs, in: setting)
        cluster.timeFaults = Self.timeFaults(&dice)
        for _ in 0..<60 { Self.inject(&dice, into: cluster.server) }
        let disturbance = Disturbance.allCases.randomElement(using: &dice)!
        let terminator = disturbance.terminator(of: cluster, afterRequest: Int.random(in: 1...1500, using: &dice))
        let outcomes = try await cluster.play(terminator)
        let pods = cluster.server.update { $0.objects("Pod") }
        for ((job, scenario), outcome) in zip(jobs, outcomes) {
            let comment: Comment = "seed \(seed), \(setting.name), \(disturbance), \(job), \(scenario.id): \(outcome)"
            #expect(outcome.promised.isAsGood(as: scenario.expected), comment)
            let runs = pods.filter { $0[path: ["metadata", "labels", "batch.kubernetes.io/job-name"]]?.string == job }
                .map(Self.mainRuns)
            // A Job that has given up takes its pods along.
            switch scenario.incident {
            case _ where outcome.phase == "deleted": #expect(runs.isEmpty, comment)
            // Main of the pod that took its place has run, and that of the deleted one no more than once.
            case .deletion?: #expect(!runs.isEmpty && runs.allSatisfy { $0 == 1 }, comment)
            case nil: #expect(runs == [scenario.id == "second-try" ? 2 : 1], comment)
            }
        }
    }

    private static func inject(_ dice: inout SeededGenerator, into server: FakeAPIServer) {
        let anything: [Fault] = [
            .drop, .internalError, .unavailable, .tooManyRequests(retryAfter: 1), .delay(.milliseconds(200)),
        ]
        let onWatches: [Fault] = [
            .gone, .cut(afterBytes: 3000), .garbage, .events(.twice), .events(.outOfOrder), .events(.half(after: 9)),
        ]
        let onWatch = Int.random(in: 0..<3, using: &dice) == 0
        server.inject(
            (onWatch ? onWatches : anything).randomElement(using: &dice)!, for: onWatch ? .watches : .any,
            skipping: Int.random(in: 0..<(onWatch ? 8 : 3000), using: &dice))
    }

    private static func timeFaults(_ dice: inout SeededGenerator) -> [(at: Duration, fault: TimeFault)] {
        (0..<Int.random(in: 0...4, using: &dice)).map { _ in
            let at = Duration.seconds(Int.random(in: 1...240, using: &dice))
            let seconds = Duration.seconds(Int.random(in: 1...600, using: &dice))
            return switch Int.random(in: 0..<3, using: &dice) {
            case 0: (at, .calendar(seconds))
            case 1: (at, .calendar(.zero - seconds))
            default: (at, .sleep(seconds))
            }
        }.sorted { $0.at < $1.at }
    }

    private static func mainRuns(_ pod: JSONValue) -> Int {
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        let main = statuses.first { $0["name"]?.string == "main" }
        return 1 + (main?["restartCount"]?.integer ?? 0)
    }
}
