/// A number that only grows. Label values are given in the order of the label names.
package struct Counter: Sendable {
    let family: MetricFamily

    /// Adds `amount`; a negative one is ignored.
    package func increment(by amount: Double = 1, _ labels: String...) {
        guard amount >= 0 else { return }
        family.update(labels) { $0.value += amount }
    }

    /// Takes over a total that is counted elsewhere; never goes back.
    package func record(total: Double, _ labels: String...) {
        family.update(labels) { $0.value = max($0.value, total) }
    }
}
