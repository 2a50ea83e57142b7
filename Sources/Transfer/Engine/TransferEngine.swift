/// Moves objects between stores and local folders: what `cp` and the agent share.
///
/// - Every file appears under its final name only when it is complete and verified.
/// - Memory stays within `TransferConfiguration.memory` whatever the sizes and numbers of objects.
/// - Cancelling the calling task stops all exchanges, removes temporary files and aborts uploads in parts; the report
///   then says `.cancelled` for what was under way.
public final class TransferEngine: Sendable {
    let stores: any StoreResolver
    let configuration: TransferConfiguration
    /// Shared by all calls of this engine.
    public let meter = TransferMeter()

    public init(stores: any StoreResolver, configuration: TransferConfiguration = .init()) {
        self.stores = stores
        self.configuration = configuration
    }

    /// Fetches all of `inputs` into `folder`, which is made if missing. Nothing is ever written outside it.
    public func fetch(
        _ inputs: [InputRequest], into folder: String, journal: any TransferJournal = NoJournal(),
        onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        TransferReport()
    }

    /// Stores what `outputs` name below `folder`, higher priorities first. At `deadline` whatever is not stored is
    /// given up and named in the report's `leftOut`.
    public func store(
        _ outputs: [OutputRequest], from folder: String, deadline: ContinuousClock.Instant? = nil,
        journal: any TransferJournal = NoJournal(), onEvent: @escaping TransferEventHandler = { _ in }
    ) async -> TransferReport {
        TransferReport()
    }

    /// Stores a small document, such as a manifest, with retries.
    public func put(_ bytes: [UInt8], to url: String, contentType: String) async throws(TransferError) {}
}
