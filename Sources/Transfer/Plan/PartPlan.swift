/// How a file is cut into the parts of an upload. Pure.
struct PartPlan: Sendable, Equatable {
    static let defaultPart: Int64 = 8 << 20
    /// Stored in one request up to this size.
    static let defaultThreshold: Int64 = 16 << 20

    let size: Int64
    let part: Int64

    /// `nil`: in one request. Parts grow in whole MiB where a file would need more of them than the store allows.
    init?(size: Int64, limits: MultipartLimits?, partSize: Int64?) {
        guard let limits, size > (partSize ?? Self.defaultThreshold) else { return nil }
        let needed = (size + Int64(limits.maximumParts) - 1) / Int64(limits.maximumParts)
        let mebibyte: Int64 = 1 << 20
        let rounded = (needed + mebibyte - 1) / mebibyte * mebibyte
        let wanted = max(partSize ?? Self.defaultPart, limits.minimumPart, needed > (partSize ?? 0) ? rounded : 0)
        part = min(wanted, limits.maximumPart)
        self.size = size
    }

    var count: Int { Int((size + part - 1) / part) }

    /// From 0; part numbers of stores begin at 1.
    subscript(index: Int) -> Range<Int64> {
        let start = Int64(index) * part
        return start..<min(size, start + part)
    }
}
