package import PodRules

/// How long a rung is given before the next is tried, in seconds, on top of the pod's grace where it waits for that.
package struct Patience: Sendable, Equatable {
    package var http: Int64 = 15
    /// For a pull, beside the grace.
    package var image: Int64 = 90
    package var crr: Int64 = 30
    package var node: Int64 = 15
    package var exec: Int64 = 5
    package var deadline: Int64 = 60

    package init() {}

    /// After that long a rung that led to nothing may be tried once more.
    package static let forgotten: Int64 = 900
    /// Clocks that differ by more are wrong, and their times say nothing.
    package static let skew: Int64 = 300

    package func seconds(for rung: Rung, grace: Int64) -> Int64 {
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
