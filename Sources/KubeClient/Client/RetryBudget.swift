/// Retries shared by all requests of one client, so that a server in trouble is not asked ever more. A token bucket:
/// each retry takes one, each success gives a tenth back.
struct RetryBudget: Sendable, Equatable {
    private var tenths: Int
    private let capacity: Int

    init(_ retries: Int) {
        capacity = retries * 10
        tenths = capacity
    }

    /// Whether one more retry is allowed.
    mutating func take() -> Bool {
        guard tenths >= 10 else { return false }
        tenths -= 10
        return true
    }

    mutating func succeed() { tenths = min(capacity, tenths + 1) }
}
