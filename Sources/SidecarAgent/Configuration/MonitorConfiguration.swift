package import Configuration

/// The resource monitor.
public struct MonitorConfiguration: Sendable, Equatable {
    /// Between two samples; `nil`: nothing is sampled and nothing wakes up.
    public var interval: Duration?

    public init() {}
}

extension MonitorConfiguration: Configurable {
    package static let fields: [Field<MonitorConfiguration>] = [
        .optional(
            "interval", \.interval, .duration(atLeast: .seconds(1)),
            "How often CPU, memory and I/O are sampled. Left out: never.")
    ]
}
