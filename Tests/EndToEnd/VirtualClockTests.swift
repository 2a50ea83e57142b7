import TestSupport
import Testing

@Suite struct VirtualClockTests {
    @Test func wakesThoseWhoseTimeHasComeInOrder() async throws {
        let clock = VirtualClock()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for seconds in [3, 1, 2] {
                group.addTask {
                    try await clock.sleep(for: .seconds(seconds))
                    return seconds
                }
            }
            await clock.sleepers(3)
            for expected in 1...3 {
                clock.advance(by: .seconds(1))
                let woken = try await group.next()
                #expect(woken == expected)
            }
        }
        #expect(clock.now.elapsed == .seconds(3))
    }

    @Test func aCancelledSleepThrows() async throws {
        let clock = VirtualClock()
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { (try? await clock.sleep(for: .seconds(1))) == nil }
            await clock.sleepers(1)
            group.cancelAll()
            #expect(await group.next() == true)
        }
    }
}
