package import KubeClient
package import Logging

/// Makes the sinks that a configuration asks for.
package enum ReportSinks {
    /// One sink for each entry of `state`, each with an outbox of its own, so that one that is down holds up no other.
    ///
    /// - Parameters:
    ///   - pod: with the uid that reports are to carry.
    ///   - api: for reports to the pod itself; without it those fail, and are said to.
    ///   - log: what earlier lives of the agent left undelivered comes from here and goes first.
    package static func make(
        _ targets: [StateTargetConfiguration], pod: PodIdentity, api: (any KubeAPI)? = nil, log: any ReportLog,
        logger: Logger, metrics: AgentMetrics? = nil
    ) -> [any ReportSink] {
        var seen: [String: Int] = [:]
        return targets.map { target in
            let courier = courier(for: target, pod: pod, api: api)
            let count = seen[courier.destination, default: 0]
            seen[courier.destination] = count + 1
            let key = count == 0 ? courier.destination : "\(courier.destination)#\(count)"
            return ReportDelivery(courier, key: key, log: log, logger: logger, metrics: metrics)
        }
    }

    private static func courier(
        for target: StateTargetConfiguration, pod: PodIdentity, api: (any KubeAPI)?
    ) -> any ReportCourier {
        switch target.destination {
        case .http(let url): HTTPCourier(target, url: url, pod: pod)
        case .file(let path): FileCourier(path: path, pod: pod)
        case .kubernetes: PodCourier(api: api, pod: pod)
        }
    }
}
