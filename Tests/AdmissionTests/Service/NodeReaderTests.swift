import Basics
import KubeClient
import Synchronization
import TestSupport
import Testing

@testable import Admission

/// What is known of the nodes stays at hand while they are read anew: no review waits for that.
@Suite struct NodeReaderTests {
    private final class Nodes: KubeAPI {
        private let state = Mutex((count: 0, isAway: false))

        var count: Int { state.withLock { $0.count } }
        var isAway: Bool {
            get { state.withLock { $0.isAway } }
            set { state.withLock { $0.isAway = newValue } }
        }

        func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
            let isAway = state.withLock { state in
                state.count += 1
                return state.isAway
            }
            if isAway { throw KubeError(attempted: request.path, reason: .malformed("away")) }
            return APIResponse(status: 200, body: Array(#"{"metadata":{"resourceVersion":"1"},"items":[]}"#.utf8))
        }

        func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
            throw KubeError(attempted: request.path, reason: .malformed("no stream"))
        }
    }

    private let api = Nodes()
    private let clock = VirtualClock()
    private let reader: NodeReader

    init() { reader = NodeReader(api, time: Timepiece(clock)) }

    @Test(arguments: [
        (seconds: 299, readsByReview: 0), (301, 0), (899, 0), (901, 1),
    ])
    func aReviewReadsThemOnlyWhereNothingLastsAnyMore(seconds: Int, readsByReview: Int) async throws {
        _ = try await reader.fleet()
        #expect(api.count == 1)
        clock.advance(by: .seconds(seconds))
        _ = try await reader.fleet()
        #expect(api.count == 1 + readsByReview)
    }

    @Test func theyAreReadAnewBesideTheReviews() async throws {
        let following = Task { await reader.follow() }
        try await eventually("the nodes to be read at the start") { api.count == 1 }
        // It may only have been asked yet; now it is known.
        _ = try await reader.fleet()
        for round in 2...3 {
            clock.advance(by: .seconds(301))
            _ = try await reader.fleet()
            try await eventually("the nodes to be read anew") { api.count == round }
            _ = try await reader.fleet()
        }
        following.cancel()
        await following.value
        #expect(api.count == 3)
    }

    /// One review at most waits in vain, not each.
    @Test func whatWasReadLastCountsWhileTheyCannotBeReadAnew() async throws {
        _ = try await reader.fleet()
        api.isAway = true
        clock.advance(by: .seconds(901))
        for _ in 0..<3 { _ = try await reader.fleet() }
        #expect(api.count == 2)
        clock.advance(by: .seconds(15))
        _ = try await reader.fleet()
        #expect(api.count == 3)
    }

    @Test func nothingIsMadeUpWhereTheyWereNeverRead() async throws {
        api.isAway = true
        for count in 1...2 {
            await #expect(throws: KubeError.self) { try await reader.fleet() }
            #expect(api.count == count)
        }
    }
}
