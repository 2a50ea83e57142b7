/// What an archive may unfold to before it counts as a bomb.
package struct ArchiveLimits: Sendable, Equatable {
    /// Bytes of content in all.
    package var bytes: Int64
    package var entries: Int
    /// Content per byte of archive, judged once `ratioFloor` bytes have come out.
    package var ratio: Int64
    package var ratioFloor: Int64

    package init(
        bytes: Int64 = 1 << 40, entries: Int = 1_000_000, ratio: Int64 = 1000, ratioFloor: Int64 = 64 << 20
    ) {
        self.bytes = bytes
        self.entries = entries
        self.ratio = ratio
        self.ratioFloor = ratioFloor
    }
}
