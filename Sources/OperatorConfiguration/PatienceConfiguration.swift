package import ConfigSchema

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
