/// How an object is cut into ranges. Pure.
struct RangePlan: Sendable, Equatable {
    private static let largestPart: Int64 = 64 << 20
    /// A large object is cut into about so many ranges: enough to spread, few enough that each is worth its request.
    private static let rangesWanted: Int64 = 64

    /// Bytes in all.
    let size: Int64
    let part: Int64

    static func singleRequestLimit(_ partSize: Int64?) -> Int64 { partSize ?? PartPlan.defaultPart }

    /// `storedPart`: bytes of one part as the object was stored; ranges begin where a part begins, because stores keep
    /// parts apart. `partSize`: what a person asked for. An unknown size is one range.
    init(size: Int64?, storedPart: Int64?, partSize: Int64?) {
        self.size = size ?? 0
        let mebibyte: Int64 = 1 << 20
        let share = (self.size / Self.rangesWanted + mebibyte - 1) / mebibyte * mebibyte
        let wanted = min(max(share, PartPlan.defaultPart), Self.largestPart)
        if let partSize {
            part = max(1, partSize)
        } else if let storedPart, storedPart > 0 {
            part = Self.aligned(wanted, to: storedPart)
        } else {
            part = wanted
        }
    }

    // Sizes are what strangers say: no sum of theirs may overflow.
    var count: Int { Int(size / part) + (size % part > 0 ? 1 : 0) }
    var isSingle: Bool { count <= 1 }

    subscript(index: Int) -> Range<Int64> {
        let start = Int64(index) * part
        return start..<min(size, start + part)
    }

    /// Several small stored parts make one range; a large one is cut into equal halves, as often as needed.
    private static func aligned(_ wanted: Int64, to storedPart: Int64) -> Int64 {
        if storedPart <= wanted { return (wanted + storedPart - 1) / storedPart * storedPart }
        var part = storedPart
        while part > 2 * wanted, part.isMultiple(of: 2) { part /= 2 }
        return part > largestPart ? wanted : part
    }
}

/// How a file is cut into the parts of an upload. Pure.
struct PartPlan: Sendable, Equatable {
    /// Of ranges and parts alike where nobody says more; an object is fetched in one request up to this size.
    static let defaultPart: Int64 = 8 << 20
    /// Stored in one request up to this size.
    private static let defaultThreshold: Int64 = 16 << 20

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

    var count: Int { Int(size / part) + (size % part > 0 ? 1 : 0) }

    /// From 0; part numbers of stores begin at 1.
    subscript(index: Int) -> Range<Int64> {
        let start = Int64(index) * part
        return start..<min(size, start + part)
    }
}
