import Basics
import WorkdirProtocol

/// What a container asked for, what it used, and what it might ask for next time.
package struct ResourceAdvice: Sendable, Equatable {
    package enum Resource: Sendable, Equatable {
        /// Thousandths of a core.
        case cpu
        /// Bytes.
        case memory
    }

    package var container: String
    package var resource: Resource
    package var request: Int64?
    package var limit: Int64?
    /// The most seen.
    package var used: Int64
    package var suggestion: Int64
    /// How the suggestion comes about.
    package var basis: String

    /// In hundredths of the request.
    package var share: Int64? { request.flatMap { $0 > 0 ? Int64((Double(used) / Double($0) * 100).clamped) : nil } }

    package static func all(of record: StepRecord) -> [ResourceAdvice] {
        record.usage.flatMap { usage in
            [memory(usage, of: record), cpu(usage, of: record)].compactMap { $0 }
        }
    }

    private static func memory(_ usage: RecordedUsage, of record: StepRecord) -> ResourceAdvice? {
        let name = usage.container ?? ""
        let container = record.container(named: name)
        guard let used = usage.workingSetPeak ?? usage.memoryPeak, used > 0 else { return nil }
        let limit = container?.limits.memory ?? usage.memoryLimit
        var (suggestion, basis) = (used / 5 * 6, "peak plus a fifth")
        let isOutOfMemory =
            usage.oomKills ?? 0 > 0
            || record.outcome?.reason == "OOMKilled" && record.outcome?.container ?? "main" == name
        if isOutOfMemory, let limit {
            // The peak is no more than what it was allowed.
            suggestion = max(suggestion, limit / 2 * 3)
            basis = "out of memory at its limit: the limit and a half, or more"
        }
        let unit: Int64 = suggestion < 1 << 30 ? 16 << 20 : 64 << 20
        return ResourceAdvice(
            container: name, resource: .memory, request: container?.requests.memory, limit: limit, used: used,
            suggestion: (suggestion + unit - 1) / unit * unit, basis: basis)
    }

    private static func cpu(_ usage: RecordedUsage, of record: StepRecord) -> ResourceAdvice? {
        let name = usage.container ?? ""
        let container = record.container(named: name)
        guard let peak = usage.series(.cpuTime)?.peak, peak >= 0 else { return nil }
        let used = Int64((peak * 1000).clamped)
        return ResourceAdvice(
            container: name, resource: .cpu, request: container?.requests.cpu,
            limit: container?.limits.cpu ?? usage.cpuLimit, used: used, suggestion: (used * 6 / 5 + 49) / 50 * 50,
            basis: "peak plus a fifth")
    }

    package func text(_ value: Int64) -> String {
        switch resource {
        case .memory: ByteSize.rounded(value)
        case .cpu: "\(value)m"
        }
    }

    /// As a manifest names it.
    package var suggestionText: String {
        switch resource {
        case .memory: "\(suggestion >> 20)Mi"
        case .cpu: "\(max(50, suggestion))m"
        }
    }
}

extension StepRecord {
    /// `main` and `agent` stand for whoever has that role.
    func container(named name: String) -> RecordedContainer? {
        containers.first { $0.role == name } ?? containers.first { $0.name == name }
    }
}
