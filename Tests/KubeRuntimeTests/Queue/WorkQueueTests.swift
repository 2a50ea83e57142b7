import Basics
import KubeTestSupport
import Telemetry
import TestSupport
import Testing

@testable import KubeClient
@testable import KubeRuntime

@Suite(.timeLimit(.minutes(20))) struct WorkQueueTests {
    private let clock = VirtualClock()

    @Test func worksOnEveryKeyOnceAndReturnsWhenShutDown() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        for key in 0..<1000 {
            queue.add(key)
            queue.add(key)
        }
        queue.shutDown()
        let seen = Shared<[Int]>([])
        await queue.run(workers: 8) { key in
            seen.change { $0.append(key) }
            return .done
        }
        #expect(seen.value.sorted() == Array(0..<1000))
    }

    @Test func neverGivesAKeyToTwoWorkers() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        let atWork = Shared<Set<Int>>([])
        let count = Shared(0)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await queue.run(workers: 8) { key in
                    #expect(atWork.change { $0.insert(key).inserted })
                    await Task.yield()
                    _ = atWork.change { $0.remove(key) }
                    if count.change({
                        $0 += 1
                        return $0
                    }) == 2000 {
                        queue.shutDown()
                    }
                    return .done
                }
            }
            group.addTask {
                while count.value < 2000 {
                    for key in 0..<5 { queue.add(key) }
                    await Task.yield()
                }
            }
        }
        #expect(count.value >= 2000)
    }

    /// What is at hand is cancelled, what waits is left.
    @Test func doesNotWaitBeyondItsLimit() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        for key in 0..<3 { queue.add(key) }
        let (begun, cancelled) = (Shared<[Int]>([]), Shared<[Int]>([]))
        async let running: () = queue.run(workers: 2) { key in
            begun.change { $0.append(key) }
            do { try await clock.sleep(for: .seconds(3600)) } catch { cancelled.change { $0.append(key) } }
            return .done
        }
        await clock.sleepers(2)
        queue.shutDown(within: .seconds(20))
        queue.shutDown(within: .seconds(30))
        queue.shutDown()
        await clock.sleepers(3)
        clock.advance(by: .seconds(19))
        #expect(cancelled.value.isEmpty)
        clock.advance(by: .seconds(1))
        await running
        #expect(begun.value.sorted() == [0, 1])
        #expect(cancelled.value.sorted() == [0, 1])
        #expect(queue.depth == 1)
    }

    /// As many as are allowed at once, each in a task of its own.
    @Test func worksOnManyAtOnce() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        for key in 0..<600 { queue.add(key) }
        let (began, most) = (Shared(0), Shared(0))
        async let running: () = queue.run(workers: 500) { _ in
            let count = began.change { began in
                began += 1
                return began
            }
            most.change { $0 = max($0, count) }
            try? await clock.sleep(for: .seconds(1))
            began.change { $0 -= 1 }
            return .done
        }
        await clock.sleepers(500)
        #expect(queue.depth == 100)
        queue.shutDown()
        clock.advance(by: .seconds(1))
        await clock.sleepers(100)
        clock.advance(by: .seconds(1))
        await running
        #expect(most.value == 500)
    }

    @Test func triesAgainWhatFailedAfterItsWait() async {
        let queue = WorkQueue<String>(time: Timepiece(clock))
        let tries = Shared<[Duration]>([])
        queue.add("a")
        async let running: () = queue.run(workers: 2) { _ in
            let count = tries.change { tries in
                tries.append(clock.now.elapsed)
                return tries.count
            }
            if count == 4 { queue.shutDown() }
            return count == 3 ? .again(after: .seconds(60)) : count == 4 ? .done : .failed
        }
        for wait in [Duration.milliseconds(5), .milliseconds(10), .seconds(60)] {
            await clock.sleepers(1)
            clock.advance(by: wait)
        }
        await running
        let expected: [Duration] = [.zero, .milliseconds(5), .milliseconds(15), .milliseconds(60_015)]
        #expect(tries.value == expected)
    }

    @Test func wakesEarlierWhenAskedForEarlier() async {
        let queue = WorkQueue<String>(time: Timepiece(clock))
        let seen = Shared<[String]>([])
        async let running: () = queue.run(workers: 1) { key in
            seen.change { $0.append("\(key) at \(clock.now.elapsed)") }
            if key == "late" { queue.shutDown() }
            return .done
        }
        queue.add("late", after: .seconds(100))
        await clock.sleepers(1)
        queue.add("early", after: .seconds(1))
        clock.advance(by: .seconds(1))
        try? await eventually("the early key") { seen.value == ["early at 1.0 seconds"] }
        await clock.sleepers(1)
        clock.advance(by: .seconds(99))
        await running
        #expect(seen.value == ["early at 1.0 seconds", "late at 100.0 seconds"])
    }

    @Test func leavesWhatWaitsAndEndsTheWorkAtHandWhenCancelled() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        for key in 0..<10 { queue.add(key) }
        let began = Signal()
        let ended = Shared(0)
        let running = Task {
            await queue.run(workers: 1) { _ in
                began.send()
                try? await clock.sleep(for: .seconds(1000))
                ended.change { $0 += 1 }
                return .done
            }
        }
        _ = await began.wait()
        running.cancel()
        await running.value
        #expect(ended.value == 1)
        #expect(queue.depth == 9)
    }

    @Test func endsIdleWorkersWhenCancelled() async {
        let queue = WorkQueue<Int>(time: Timepiece(clock))
        let running = Task { await queue.run(workers: 4) { _ in .done } }
        await Task.yield()
        running.cancel()
        await running.value
        #expect(queue.depth == 0)
    }

    @Test func tellsItsMetricsByTheNamesThatControllersUse() async {
        let registry = MetricRegistry()
        let queue = WorkQueue<String>(time: Timepiece(clock), metrics: WorkQueueMetrics(registry, name: "pods"))
        queue.add("a")
        queue.add("b")
        queue.add("c", after: .seconds(1))
        let atWork = Signal()
        async let running: () = queue.run(workers: 1) { key in
            if key == "a" { return .done }
            queue.shutDown()
            atWork.send()
            try? await clock.sleep(for: .seconds(10))
            return .done
        }
        _ = await atWork.wait()
        await clock.sleepers(1)
        queue.recordMetrics()
        let before = String(decoding: registry.exposition(), as: UTF8.self)
        clock.advance(by: .seconds(10))
        await running
        queue.recordMetrics()
        let after = String(decoding: registry.exposition(), as: UTF8.self)
        for line in ["workqueue_depth{name=\"pods\"} 0", "workqueue_adds_total{name=\"pods\"} 2"] {
            #expect(before.contains(line))
        }
        #expect(before.contains("workqueue_retries_total{name=\"pods\"} 1"))
        #expect(before.contains("workqueue_work_duration_seconds_count{name=\"pods\"} 1"))
        #expect(after.contains("workqueue_work_duration_seconds_sum{name=\"pods\"} 10"))
        #expect(after.contains("workqueue_queue_duration_seconds_count{name=\"pods\"} 2"))
    }
}
