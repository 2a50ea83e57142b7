/// What happens to single objects, told as it happens from whatever task it happens in: handlers must be quick.
package enum TransferEvent: Sendable {
    /// Would be moved (`TransferConfiguration.dryRun`).
    case planned(TransferredFile)
    /// Stands complete under its final name, or is confirmed by the store.
    case finished(TransferredFile)
    /// Already in the journal: nothing was moved.
    case skipped(TransferredFile)
    case retrying(TransferError, attempt: Int, after: Duration)
    case failed(TransferError)
    /// Something left out on purpose (a socket among the outputs), with the reason.
    case note(path: String, String)
}

package typealias TransferEventHandler = @Sendable (TransferEvent) -> Void

/// One file that is where it belongs.
package struct TransferredFile: Sendable, Equatable {
    /// Below the folder of inputs or outputs.
    package var path: String
    package var url: String
    package var size: Int64
    /// Lower-case hexadecimal, where it was computed.
    package var sha256: String?

    package init(path: String, url: String, size: Int64, sha256: String? = nil) {
        self.path = path
        self.url = url
        self.size = size
        self.sha256 = sha256
    }
}
