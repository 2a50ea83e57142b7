package import KubeModel
package import PodRules

/// A pod in a few words: containers are added with their state.
package struct PodSketch {
    package var pod = Pod()

    package init(_ policy: String = "Never", phase: String = "Running") {
        pod.metadata.namespace = "team"
        pod.metadata.name = "step-x7"
        pod.metadata.uid = "a6b73055-19c3-44db-b7ef-6e433c894ecf"
        pod.metadata.resourceVersion = "17"
        pod.metadata.finalizers = [WellKnownNames.Finalizer.jobTracking]
        var owner = OwnerReference()
        owner.apiVersion = "batch/v1"
        owner.kind = "Job"
        owner.name = "step"
        owner.uid = "job-1"
        owner.isController = true
        pod.metadata.ownerReferences = [owner]
        pod.spec.restartPolicy = policy
        pod.spec.nodeName = "lab"
        pod.spec.terminationGracePeriodSeconds = 5
        pod.status.phase = phase
    }

    package func container(
        _ name: String, _ state: ContainerState, env: [String: String] = [:], image: String = "busybox:latest",
        command: [String] = ["sh", "-c", "sleep 9"], restarts: Int32 = 0, _ change: (inout Container) -> Void = { _ in }
    ) -> PodSketch {
        var copy = self
        var container = Container()
        container.name = name
        container.image = image
        container.command = command
        container.env = env.sorted { $0.key < $1.key }.map { name, value in
            var variable = EnvironmentVariable()
            variable.name = name
            variable.value = value
            return variable
        }
        change(&container)
        copy.pod.spec.containers.append(container)
        var status = ContainerStatus()
        status.name = name
        status.state = state
        status.image = container.image
        status.restartCount = restarts
        if state.hasID { status.containerID = "containerd://\(name)" }
        copy.pod.status.containerStatuses.append(status)
        return copy
    }

    package func sidecar(
        _ name: String = "sidecar", _ state: ContainerState = .up, env: [String: String] = [:],
        image: String = "busybox:latest", command: [String] = ["sh", "-c", "sleep 9"], restarts: Int32 = 0,
        _ change: (inout Container) -> Void = { _ in }
    ) -> PodSketch {
        container(
            name, state, env: env.merging([WellKnownNames.Variable.terminate: "true"]) { given, _ in given },
            image: image, command: command, restarts: restarts, change)
    }

    /// An init container with `restartPolicy: Always`.
    package func native(
        _ name: String, _ state: ContainerState, started: Bool? = false, restarts: Int32 = 0,
        last: ContainerState = .unknown
    ) -> PodSketch {
        with { pod in
            var container = Container()
            container.name = name
            container.restartPolicy = "Always"
            pod.spec.initContainers.append(container)
            var status = ContainerStatus()
            status.name = name
            status.state = state
            status.isStarted = started
            status.restartCount = restarts
            if case .terminated(let end) = last { status.lastTermination = end }
            pod.status.initContainerStatuses.append(status)
        }
    }

    package func annotated(_ key: String, _ value: String) -> PodSketch {
        with { $0.metadata.annotations[key] = value }
    }

    package func progress(_ text: String) -> PodSketch { annotated(WellKnownNames.Annotation.progress, text) }

    package func with(_ change: (inout Pod) -> Void) -> PodSketch {
        var copy = self
        change(&copy.pod)
        return copy
    }

    package func facts(_ rules: MarkerRules = .init(), countsKnown: Bool = false, virtual: Bool = false) -> PodFacts {
        PodFacts(pod, rules: rules, countsKnown: countsKnown, isOnVirtualNode: virtual)
    }
}

extension ContainerState {
    package static let up = ContainerState.running(startedAt: 1000)

    package static func exit(_ code: Int32, _ reason: String = "Error") -> ContainerState {
        var end = ContainerStatus.Termination()
        end.exitCode = code
        end.reason = code == 0 ? "Completed" : reason
        end.finishedAt = 1500
        return .terminated(end)
    }

    package static func waiting(_ reason: String) -> ContainerState { .waiting(reason: reason) }

    fileprivate var hasID: Bool {
        switch self {
        case .running, .terminated: true
        case .waiting, .unknown: false
        }
    }
}

extension Verdict {
    /// For tables.
    package var words: String {
        switch self {
        case .leave(.missingPrimary(let name)): "leave: missingPrimary \(name)"
        case .leave(let reason): "leave: \(reason.word)"
        case .wait(let mains): "wait \(mains.joined(separator: ","))"
        case .terminate(let sidecars, let result): "end \(sidecars.map(\.name).joined(separator: ",")): \(result)"
        case .done(let result): "done: \(result)"
        }
    }
}

extension Verdict.Reason {
    fileprivate var word: String {
        switch self {
        case .unmarked: "unmarked"
        case .restartsAlways: "restartsAlways"
        case .disabled: "disabled"
        case .systemPod: "systemPod"
        case .beingDeleted: "beingDeleted"
        case .finished: "finished"
        case .nothingMain: "nothingMain"
        case .missingPrimary: "missingPrimary"
        }
    }
}
