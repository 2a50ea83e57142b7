/// Reports that a destination may still want. Bounded: when it is full the oldest custom value goes, never one of the
/// agent's own states and never the terminal one.
struct ReportBacklog: Sendable, Equatable {
    static let limit = 256

    private(set) var reports: [StateReport] = []
    private(set) var acknowledged: [String: Int64] = [:]

    mutating func append(_ report: StateReport) {
        reports.append(report)
        guard reports.count > Self.limit else { return }
        let custom = reports.firstIndex { !Self.isOwn($0) }
        reports.remove(at: custom ?? reports.startIndex)
    }

    mutating func acknowledge(through sequence: Int64, by destination: String) {
        acknowledged[destination] = max(sequence, acknowledged[destination] ?? 0)
    }

    func unacknowledged(by destination: String) -> [StateReport] {
        let seen = acknowledged[destination] ?? 0
        return reports.filter { $0.sequence > seen }
    }

    private static func isOwn(_ report: StateReport) -> Bool {
        report.terminal
            || [StepState.initializing, StepState.started, StepState.terminating].contains(report.state)
    }
}
