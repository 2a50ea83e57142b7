/// A number that goes up and down. Label values are given in the order of the label names.
public struct Gauge: Sendable {
    let family: MetricFamily

    public func set(_ value: Double, _ labels: String...) {
        family.update(labels) { $0.value = value }
    }

    public func add(_ amount: Double, _ labels: String...) {
        family.update(labels) { $0.value += amount }
    }
}
