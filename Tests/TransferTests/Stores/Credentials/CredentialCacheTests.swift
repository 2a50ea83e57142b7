import Synchronization
import TestSupport
import Testing

@testable import Transfer

struct CredentialCacheTests {
    /// Gives credentials that live `life` seconds from `now`, or fails; waits at a gate where there is one.
    private final class Source: AWSCredentialSource {
        struct State {
            var now: Int64 = 1000
            var life: Int64? = 3600
            var fails = false
            var fetches = 0
            var held: [CheckedContinuation<Void, Never>] = []
            var holds = false
        }
        let state = Mutex(State())

        func fetch() async throws(TransferError) -> AWSCredentials? {
            let holds = state.withLock { state in
                state.fetches += 1
                return state.holds
            }
            if holds {
                await withCheckedContinuation { continuation in state.withLock { $0.held.append(continuation) } }
            }
            let (number, expiration, fails) = state.withLock { state in
                (state.fetches, state.life.map { state.now + $0 }, state.fails)
            }
            if Task.isCancelled { throw TransferError("", .cancelled, "cancelled") }
            if fails { throw TransferError("", .network, "down") }
            return AWSCredentials(accessKeyID: "K\(number)", secretAccessKey: "s", expiration: expiration)
        }

        var isHolding: Bool { state.withLock { !$0.held.isEmpty } }
        var fetches: Int { state.withLock { $0.fetches } }

        func release() {
            let held = state.withLock { state in
                defer { state.held = [] }
                state.holds = false
                return state.held
            }
            for continuation in held { continuation.resume() }
        }
    }

    private func cache(_ source: Source, jitter: Int64 = 0) -> CredentialCache<AWSCredentials> {
        CredentialCache(
            missing: AWSCredentials.missing, now: { source.state.withLock { $0.now } }, jitter: { jitter },
            { () async throws(TransferError) in try await source.fetch() })
    }

    @Test(arguments: [
        (Int64?(3600), Int64(0), Int64(3299), 1), (3600, 0, 3301, 2), (3600, 60, 3239, 1), (3600, 60, 3241, 2),
        (7200, 0, 6899, 1),
        (7200, 0, 6901, 2), (7200, 60, 6841, 2), (nil, 0, 1 << 40, 1), (60, 0, 53, 1), (60, 0, 55, 2),
    ])
    func `refreshed before their end`(life: Int64?, jitter: Int64, after: Int64, fetches: Int) async throws {
        let source = Source()
        source.state.withLock { $0.life = life }
        let cache = cache(source, jitter: jitter)
        _ = try await cache.credentials()
        source.state.withLock { $0.now += after }
        #expect(try await cache.credentials().accessKeyID == "K\(fetches)")
    }

    @Test func `one fetch however many ask`() async throws {
        let source = Source()
        source.state.withLock { $0.holds = true }
        let cache = cache(source)
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 { group.addTask { try await cache.credentials().accessKeyID } }
            try await eventually("the fetch") { source.isHolding }
            source.release()
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys == ["K1"])
        #expect(source.fetches == 1)
    }

    @Test func `a refresh that fails leaves what is still good`() async throws {
        let source = Source()
        let cache = cache(source)
        _ = try await cache.credentials()
        source.state.withLock {
            $0.now += 3400
            $0.fails = true
        }
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(source.fetches == 2)
        source.state.withLock { $0.now += CredentialCache<AWSCredentials>.pause + 1 }
        #expect(try await cache.credentials().accessKeyID == "K1")
        #expect(source.fetches == 3)
        source.state.withLock { $0.now += 3600 }
        let error = await failure { () throws(TransferError) in _ = try await cache.credentials() }
        #expect(error?.reason == .network)
        source.state.withLock { $0.fails = false }
        #expect(try await cache.credentials().accessKeyID == "K5")
    }

    @Test func `refused credentials are fetched anew, but only once for many refusals`() async throws {
        let source = Source()
        let cache = cache(source)
        let first = try await cache.credentials()
        cache.reject(first)
        #expect(try await cache.credentials().accessKeyID == "K2")
        cache.reject(first)
        #expect(try await cache.credentials().accessKeyID == "K2")
        #expect(source.fetches == 2)
    }

    @Test func `a waiting caller can be cancelled, and the one who fetches too`() async throws {
        let source = Source()
        source.state.withLock { $0.holds = true }
        let cache = cache(source)
        let leader = Task { try await cache.credentials().accessKeyID }
        try await eventually("the fetch") { source.isHolding }
        let follower = Task { try await cache.credentials().accessKeyID }
        let cancelled = Task { try await cache.credentials().accessKeyID }
        cancelled.cancel()
        await #expect(throws: TransferError.self) { try await cancelled.value }
        leader.cancel()
        source.release()
        await #expect(throws: TransferError.self) { try await leader.value }
        #expect(try await follower.value == "K2")
    }

    @Test func `no credentials anywhere is an error that says where to look`() async {
        let cache = CredentialCache(AWSCredentialChain(sources: []))
        let error = await failure { () throws(TransferError) in _ = try await cache.credentials() }
        #expect(error?.reason == .credentials)
        #expect(error?.hint?.contains("AWS_ACCESS_KEY_ID") == true)
    }

    @Test func `printing shows no secret`() {
        let credentials = AWSCredentials(accessKeyID: "AKIDLONGNAME", secretAccessKey: "secret", sessionToken: "token")
        for text in ["\(credentials)", String(reflecting: credentials)] {
            #expect(!text.contains("secret") && !text.contains("token") && !text.contains("LONGNAME"))
        }
    }
}
