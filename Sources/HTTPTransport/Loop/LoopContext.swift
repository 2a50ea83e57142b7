/// What the running exchanges of one loop share with it. Lives on the transport's thread.
final class LoopContext {
    typealias Instant = ContinuousClock.Instant

    /// Read once for each round of the loop.
    var now: Instant = .now
    /// No exchange has a deadline before this one.
    private(set) var earliestDeadline: Instant?
    /// Exchanges that have got their connection since the loop last looked.
    var connected: [Exchange] = []

    func note(_ deadline: Instant?) {
        guard let deadline else { return }
        earliestDeadline = earliestDeadline.map { min($0, deadline) } ?? deadline
    }

    func forgetDeadlines() { earliestDeadline = nil }
}
