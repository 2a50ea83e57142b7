package import WorkdirProtocol

/// The markers that concern a run, as they lie in the workdir at one moment.
package struct MarkerSnapshot: Sendable, Equatable {
    /// The inputs of the current epoch are in place.
    package var isReady: Bool
    package var isHealthy: Bool
    package var epoch: String
    package var failed: Verdict?
    package var stored: Verdict?

    package init(
        isReady: Bool = false, isHealthy: Bool = true, epoch: String = "", failed: Verdict? = nil,
        stored: Verdict? = nil
    ) {
        self.isReady = isReady
        self.isHealthy = isHealthy
        self.epoch = epoch
        self.failed = failed
        self.stored = stored
    }

    /// Whether a `ready` with this content, if there is one, is of the epoch: it says so in its first line, or says
    /// nothing, or no epoch is known. One that an earlier agent left on the volume must not start the command.
    package static func isReady(marker: [UInt8]?, epoch: [UInt8]?) -> Bool {
        guard let marker else { return false }
        let claim = firstLine(marker)
        guard let epoch, !claim.isEmpty else { return true }
        return claim.elementsEqual(firstLine(epoch))
    }

    static func firstLine(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes.prefix { $0 != UInt8(ascii: "\n") }
    }
}
