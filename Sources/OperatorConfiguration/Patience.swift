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

/// `Patience`, as durations.
package struct PatienceConfiguration: Sendable, Equatable {
    package var http: Duration
    package var image: Duration
    package var crr: Duration
    package var node: Duration
    package var exec: Duration

    package init() {
        let standard = Patience()
        http = .seconds(standard.http)
        image = .seconds(standard.image)
        crr = .seconds(standard.crr)
        node = .seconds(standard.node)
        exec = .seconds(standard.exec)
    }

    package var patience: Patience {
        var patience = Patience()
        patience.http = http.components.seconds
        patience.image = image.components.seconds
        patience.crr = crr.components.seconds
        patience.node = node.components.seconds
        patience.exec = exec.components.seconds
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
    ]
}
