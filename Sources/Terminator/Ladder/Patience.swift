/// How long a rung is given before the next is tried, in seconds, on top of the pod's grace where it waits for that.
public struct Patience: Sendable, Equatable {
    public var http: Int64 = 15
    /// For a pull, beside the grace.
    public var image: Int64 = 90
    public var crr: Int64 = 30
    public var node: Int64 = 15
    public var exec: Int64 = 5
    public var deadline: Int64 = 60

    public init() {}

    /// After that long a rung that led to nothing may be tried once more.
    static let forgotten: Int64 = 900
    /// Clocks that differ by more are wrong, and their times say nothing.
    static let skew: Int64 = 300

    func seconds(for rung: Rung, grace: Int64) -> Int64 {
        // A pod may have any grace; a controller that waits for hours tells nobody anything.
        let grace = min(grace, Self.forgotten)
        return switch rung {
        case .http: http
        case .image: image + grace
        case .crr: crr + grace
        case .node: node + grace
        case .exec: exec + grace
        case .deadline: deadline + grace
        case .hold: 0
        }
    }
}
