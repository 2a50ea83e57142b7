package import ConfigSchema

/// The resource monitor.
package struct MonitorConfiguration: Sendable, Equatable {
    /// Between two samples; `nil`: nothing is sampled and nothing wakes up.
    package var interval: Duration?

    package init() {}
}

extension MonitorConfiguration: Configurable {
    package static let fields: [Field<MonitorConfiguration>] = [
        .optional(
            "interval", \.interval, .duration(atLeast: .seconds(1)),
            "How often CPU, memory and I/O are sampled. Left out: never.")
    ]
}
