/// Lets so many bytes of a body through, for faults that end it early.
struct BodyMeter {
    private var rest: Int?
    let thenCloses: Bool
    /// Replaces the right one.
    var contentType: String?

    init(limit: Int? = nil, thenCloses: Bool = false) {
        rest = limit
        self.thenCloses = thenCloses
    }

    mutating func take(_ bytes: [UInt8]) -> (allowed: ArraySlice<UInt8>, isCut: Bool) {
        guard let rest else { return (bytes[...], false) }
        let allowed = bytes.prefix(rest)
        self.rest = rest - allowed.count
        return (allowed, allowed.count < bytes.count || self.rest == 0)
    }
}
