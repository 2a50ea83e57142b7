/// A number that goes up and down. Label values are given in the order of the label names.
package struct Gauge: Sendable {
    let family: MetricFamily

    package func set(_ value: Double, _ labels: String...) {
        family.update(labels) { $0.value = value }
    }

    package func add(_ amount: Double, _ labels: String...) {
        family.update(labels) { $0.value += amount }
    }
}
