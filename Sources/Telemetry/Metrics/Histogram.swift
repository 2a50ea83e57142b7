/// How values are spread. Label values are given in the order of the label names.
package struct Histogram: Sendable {
    let family: MetricFamily

    package func observe(_ value: Double, _ labels: String...) {
        guard case .histogram(let bounds) = family.kind, !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        family.update(labels) { series in
            series.buckets[bucket] += 1
            series.sum += value
        }
    }
}
