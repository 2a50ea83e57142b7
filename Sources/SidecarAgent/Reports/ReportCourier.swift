/// Carries one report to one destination: one attempt, bounded in time.
protocol ReportCourier: Sendable {
    /// Names the destination in logs, metrics and the journal: without credentials, the same in the agent's next life.
    var destination: String { get }
    func deliver(_ report: StateReport) async -> DeliveryOutcome
}
