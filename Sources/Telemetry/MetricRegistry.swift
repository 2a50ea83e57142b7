internal import Synchronization

/// All metrics of one process, and their text for Prometheus.
package final class MetricRegistry: Sendable {
    private struct Content {
        var families: [MetricFamily] = []
        var collectors: [@Sendable () -> Void] = []
    }

    private let content = Mutex(Content())

    package init() {}

    /// A number that only grows. Its name ends in `_total`.
    package func counter(_ name: String, _ help: String, labels: [String] = []) -> Counter {
        Counter(family: family(MetricFamily(name, help, .counter, labels)))
    }

    /// A number that goes up and down.
    package func gauge(_ name: String, _ help: String, labels: [String] = []) -> Gauge {
        Gauge(family: family(MetricFamily(name, help, .gauge, labels)))
    }

    /// How often values fell below each of `bounds`, which ascend.
    package func histogram(_ name: String, _ help: String, bounds: [Double], labels: [String] = []) -> Histogram {
        Histogram(family: family(MetricFamily(name, help, .histogram(bounds), labels)))
    }

    /// `collect` is called before each exposition, to set gauges that are only worth computing then. Must be quick.
    package func onExposition(_ collect: @escaping @Sendable () -> Void) {
        content.withLock { $0.collectors.append(collect) }
    }

    /// The text exposition format, version 0.0.4.
    package func exposition() -> [UInt8] {
        let (families, collectors) = content.withLock { ($0.families, $0.collectors) }
        for collect in collectors { collect() }
        var text: [UInt8] = []
        for family in families { family.append(to: &text) }
        return text
    }

    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The family of that name: made by the first to ask for it, shared by all who follow.
    private func family(_ new: MetricFamily) -> MetricFamily {
        content.withLock { content in
            if let present = content.families.first(where: { $0.name == new.name }) { return present }
            content.families.append(new)
            return new
        }
    }
}

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
