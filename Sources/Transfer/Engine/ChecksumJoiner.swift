/// Joins the checksums of ranges, which finish in any order, to the one of the whole.
struct ChecksumJoiner: Sendable {
    private(set) var whole: ChecksumAccumulator?
    private var next = 0
    private var early: [Int: ChecksumAccumulator] = [:]

    /// `nil`: nothing is to be joined.
    init(_ algorithm: ChecksumAlgorithm?) { whole = algorithm.map { ChecksumAccumulator($0) } }

    mutating func add(_ checksum: ChecksumAccumulator?, at index: Int) {
        guard whole != nil, let checksum else { return }
        early[index] = checksum
        while let following = early.removeValue(forKey: next) {
            whole = whole?.joined(with: following)
            next += 1
        }
    }
}

extension ChecksumAlgorithm {
    /// Whether the checksums of two stretches make that of both.
    var isJoinable: Bool { self == .crc32c || self == .crc64nvme }
}

extension ChecksumAccumulator {
    /// As if the bytes of `next` had followed; `nil` where the algorithm cannot do that.
    fileprivate func joined(with next: ChecksumAccumulator) -> ChecksumAccumulator? {
        switch (self, next) {
        case (.crc32c(var left), .crc32c(let right)):
            left.append(right)
            return .crc32c(left)
        case (.crc64nvme(var left), .crc64nvme(let right)):
            left.append(right)
            return .crc64nvme(left)
        default: return nil
        }
    }
}
