import TestSupport
import Testing

@testable import Basics

@Suite struct SingleFlightTests {
    enum Failure: Error { case cancelled, refused }

    @Test func letsAnotherTakeOverFromWhoIsCancelled() async throws {
        let flight = SingleFlight<Int, Failure>(cancelled: .cancelled) { $0 == .cancelled }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await flight.run { () async throws(Failure) in
                start.yield()
                do { try await Task.sleep(for: .seconds(100)) } catch {
                    throw Failure.cancelled
                }
                return 1
            }
        }
        for await _ in started { break }
        let second = Task { try await flight.run { 2 } }
        first.cancel()
        #expect(try await second.value == 2)
        await #expect(throws: Failure.self) { try await first.value }
    }

    @Test func sharesAFailure() async throws {
        let flight = SingleFlight<Int, Failure>(cancelled: .cancelled) { $0 == .cancelled }
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await flight.run { () async throws(Failure) -> Int in
                start.yield()
                for await _ in gate { break }
                throw Failure.refused
            }
        }
        for await _ in started { break }
        let second = Task { try await flight.run { 2 } }
        try await eventually("the second to wait") { flight.followers == 1 }
        open.yield()
        for task in [first, second] {
            let error = await #expect(throws: Failure.self) { try await task.value }
            #expect(error == .refused)
        }
    }
}
