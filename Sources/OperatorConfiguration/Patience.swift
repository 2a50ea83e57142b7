package import ConfigSchema
package import PodRules

/// How long a rung is given before the next is tried, in seconds, on top of the pod's grace where it waits for that.
package struct Patience: Sendable, Equatable {
    package var http: Int64 = 15
    /// For a pull, beside the grace.
    package var image: Int64 = 90
    package var crr: Int64 = 30
    package var node: Int64 = 15
    package var exec: Int64 = 5
    /// For two ephemeral containers, one after the other, beside the grace.
    package var debug: Int64 = 30
    package var deadline: Int64 = 60

    package init() {}

    /// After that long a rung that led to nothing may be tried once more.
    package static let forgotten: Int64 = 900
    /// Clocks that differ by more are wrong, and their times say nothing.
    package static let skew: Int64 = 300

    /// Whatever is configured, and whatever grace a pod has.
    package func seconds(for rung: Rung, grace: Int64) -> Int64 {
        // A controller that waits for hours tells nobody anything.
        let grace = min(max(0, grace), Self.forgotten)
        return switch rung {
        case .http: Self.clamped(http)
        case .image: Self.clamped(image) + grace
        case .crr: Self.clamped(crr) + grace
        case .node: Self.clamped(node) + grace
        case .exec: Self.clamped(exec) + grace
        case .debug: Self.clamped(debug) + grace
        case .deadline: Self.clamped(deadline) + grace
        case .hold: 0
        }
    }

    /// Seconds until what may change without being told is looked at again: half of what it has lasted already, so that
    /// what lasts for long costs little.
    package static func interval(after elapsed: Int64, within bounds: ClosedRange<Int64>) -> Int64 {
        min(max(elapsed / 2, bounds.lowerBound), bounds.upperBound)
    }

    private static func clamped(_ seconds: Int64) -> Int64 { min(max(0, seconds), longest) }

    /// A year: for ever, and far from where sums end.
    private static let longest: Int64 = 365 * 86_400
}

/// `Patience`, as durations.
package struct PatienceConfiguration: Sendable, Equatable {
    package var http: Duration
    package var image: Duration
    package var crr: Duration
    package var node: Duration
    package var exec: Duration
    package var debug: Duration

    package init() {
        let standard = Patience()
        http = .seconds(standard.http)
        image = .seconds(standard.image)
        crr = .seconds(standard.crr)
        node = .seconds(standard.node)
        exec = .seconds(standard.exec)
        debug = .seconds(standard.debug)
    }

    package var patience: Patience {
        var patience = Patience()
        patience.http = http.components.seconds
        patience.image = image.components.seconds
        patience.crr = crr.components.seconds
        patience.node = node.components.seconds
        patience.exec = exec.components.seconds
        patience.debug = debug.components.seconds
        return patience
    }
}

extension PatienceConfiguration: Configurable {
    package static let fields: [Field<PatienceConfiguration>] = [
        .optional("http", \.http, .duration(atLeast: .seconds(1)), "For a sidecar that was asked to leave."),
        .optional("image", \.image, .duration(atLeast: .seconds(1)), "For a swap, beside the pod's grace: the pull."),
        .optional("crr", \.crr, .duration(atLeast: .seconds(1)), "For Kruise's daemon, beside the grace."),
        .optional("node", \.node, .duration(atLeast: .seconds(1)), "For the node agent, beside the grace."),
        .optional("exec", \.exec, .duration(atLeast: .seconds(1)), "For a signal, beside the grace."),
        .optional(
            "debug", \.debug, .duration(atLeast: .seconds(1)),
            "For a signal from an ephemeral container, beside the grace."),
    ]
}
