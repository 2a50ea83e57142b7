import Basics
import Testing

@testable import KubeClient

@Suite struct RequestRetriesTests {
    typealias Ending = RequestRetries.Ending
    typealias Step = RequestRetries.Step

    private static let lost = Ending.broken(isTransient: true, nothingSent: false)
    private static let unsent = Ending.broken(isTransient: true, nothingSent: true)
    private static let untrusted = Ending.broken(isTransient: false, nothingSent: true)

    private static func refused(_ status: Int, after seconds: Int? = nil) -> Ending {
        .refused(status: status, retryAfter: seconds.map { .seconds($0) })
    }

    /// The first ending of a request; then what follows where it may be repeated, and where it may not.
    @Test(
        arguments: [
            (.success, .end, .end),
            (refused(400), .end, .end),
            (refused(404), .end, .end),
            (refused(409), .end, .end),
            (refused(410), .end, .end),
            (refused(422), .end, .end),
            (refused(401), .renewCredential, .renewCredential),
            (refused(429), .retry(after: .milliseconds(100)), .retry(after: .milliseconds(100))),
            (refused(429, after: 3), .retry(after: .milliseconds(3100)), .retry(after: .milliseconds(3100))),
            (refused(429, after: 61), .end, .end),
            (refused(500), .retry(after: .milliseconds(100)), .end),
            (refused(501), .end, .end),
            (refused(502), .retry(after: .milliseconds(100)), .end),
            (refused(503), .retry(after: .milliseconds(100)), .end),
            (refused(503, after: 1), .retry(after: .milliseconds(1100)), .retry(after: .milliseconds(1100))),
            (refused(504, after: 1), .retry(after: .milliseconds(1100)), .end),
            (lost, .retry(after: .milliseconds(100)), .end),
            (unsent, .retry(after: .milliseconds(100)), .retry(after: .milliseconds(100))),
            (untrusted, .end, .end),
        ] as [(Ending, Step, Step)])
    func decides(ending: Ending, idempotent: Step, other: Step) {
        for (isIdempotent, expected) in [(true, idempotent), (false, other)] {
            var retries = RequestRetries(RetryPolicy(), isIdempotent: isIdempotent)
            var budget = RetryBudget(1)
            #expect(retries.step(after: ending, random: 0.5, budget: &budget) == expected)
        }
    }

    @Test func pausesLongerEachTimeUpToACap() {
        var retries = RequestRetries(RetryPolicy(attempts: 9, cap: .seconds(2)), isIdempotent: true)
        var budget = RetryBudget(100)
        let steps = (0..<9).map { _ in retries.step(after: Self.lost, random: 1, budget: &budget) }
        #expect(
            steps
                == [200, 400, 800, 1600, 2000, 2000, 2000, 2000].map { .retry(after: .milliseconds($0)) } + [.end])
    }

    @Test func renewsACredentialOnce() {
        var retries = RequestRetries(RetryPolicy(), isIdempotent: false)
        var budget = RetryBudget(0)
        #expect(retries.step(after: Self.refused(401), random: 0, budget: &budget) == .renewCredential)
        #expect(retries.step(after: Self.refused(401), random: 0, budget: &budget) == .end)
    }

    @Test func sharesABudget() {
        var budget = RetryBudget(2)
        func ask(_ ending: Ending) -> Step {
            var retries = RequestRetries(RetryPolicy(), isIdempotent: true)
            return retries.step(after: ending, random: 0, budget: &budget)
        }
        #expect(ask(Self.lost) == .retry(after: .zero))
        #expect(ask(Self.lost) == .retry(after: .zero))
        #expect(ask(Self.lost) == .end)
        for _ in 0..<10 { #expect(ask(.success) == .end) }
        #expect(ask(Self.lost) == .retry(after: .zero))
        #expect(ask(Self.lost) == .end)
    }
}
