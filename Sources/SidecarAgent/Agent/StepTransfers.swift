package import Transfer

/// What the agent needs of the transfer engine.
package protocol StepTransfers: Sendable {
    func fetch(
        _ inputs: [InputRequest], into folder: String, journal: any TransferJournal,
        onEvent: @escaping TransferEventHandler
    ) async -> TransferReport

    func store(
        _ outputs: [OutputRequest], from folder: String, deadline: ContinuousClock.Instant?,
        journal: any TransferJournal, onEvent: @escaping TransferEventHandler
    ) async -> TransferReport

    func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError)
}

extension TransferEngine: StepTransfers {}
