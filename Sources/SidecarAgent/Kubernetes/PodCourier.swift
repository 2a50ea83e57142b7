internal import KubeClient
internal import KubeModel

/// Reports to the step's own pod, as far as its account may.
struct PodCourier: ReportCourier {
    /// `nil` where no cluster could be found.
    let api: (any KubeAPI)?
    let pod: PodIdentity

    var destination: String { StateTargetConfiguration.kubernetes }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        guard let api else {
            return .refused("there is no API server to report to: mount a service account's token into the agent")
        }
        let requests = PodReport(report: report, pod: pod)
        do {
            _ = try await api.send(requests.annotation)
        } catch {
            return DeliveryOutcome(error)
        }
        do {
            _ = try await api.send(requests.event)
        } catch {
            guard error.status?.reason != "AlreadyExists" else { return .delivered }
            return DeliveryOutcome(error)
        }
        return .delivered
    }
}

extension DeliveryOutcome {
    init(_ error: KubeError) {
        switch error.status?.code {
        case 403:
            self = .refused("\(error); let the pod's account patch pods and create events (events.k8s.io)")
        case _ where error.isTransient:
            let pause = error.status?.retryAfterSeconds.map { Duration.seconds($0) }
            self = .failed("\(error)", retryAfter: pause)
        default: self = .refused("\(error)")
        }
    }
}
