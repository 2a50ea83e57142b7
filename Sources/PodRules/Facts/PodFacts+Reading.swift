package import KubeModel

extension PodFacts {
    /// - Parameters:
    ///   - countsKnown: the pod's namespace asks for known sidecars to count.
    ///   - isOnVirtualNode: the pod's node is labelled so.
    package init(_ pod: Pod, rules: MarkerRules, countsKnown: Bool = false, isOnVirtualNode: Bool = false) {
        key = pod.metadata.key
        uid = pod.metadata.uid
        resourceVersion = pod.metadata.resourceVersion
        // What the API server fills in where nothing is said; a pod that we cannot read is left alone.
        restartPolicy = RestartPolicy(rawValue: pod.spec.restartPolicy) ?? .always
        phase = pod.status.phase
        isBeingDeleted = pod.metadata.isBeingDeleted
        isDisabled = pod.metadata.annotations[WellKnownNames.Annotation.terminator] == "disabled"
        node = pod.spec.nodeName
        self.isOnVirtualNode = isOnVirtualNode
        sharesProcesses = pod.spec.shareProcessNamespace || pod.spec.hostPID
        grace = max(0, pod.spec.terminationGracePeriodSeconds ?? 30)
        job = pod.metadata.controller.flatMap { owner in
            owner.kind == APIResource.jobs.kind && owner.apiVersion.hasPrefix("batch/")
                ? JobReference(name: owner.name, uid: owner.uid) : nil
        }
        isTrackedByJob = pod.metadata.finalizers.contains(WellKnownNames.Finalizer.jobTracking)
        restarts = (pod.status.containerStatuses + pod.status.initContainerStatuses)
            .reduce(0) { $0 + Int($1.restartCount) }
        isConcluded = pod.status.conditions.contains {
            $0.type == WellKnownNames.Condition.sidecarTerminated && $0.status == "True"
        }
        isLabelledHeld = pod.metadata.labels[WellKnownNames.Label.held] != nil
        progress = Progress(pod.metadata.annotations[WellKnownNames.Annotation.progress] ?? "")

        var roles = RoleReader(pod, rules: rules, countsKnown: countsKnown)
        let statuses = Dictionary(
            pod.status.containerStatuses.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        containers = pod.spec.containers.map { container in
            var facts = ContainerFacts(
                container, status: statuses[container.name], role: roles.role(of: container), rules: rules,
                podPolicy: restartPolicy)
            if let quit = roles.quit(of: container.name) { facts.quit = quit }
            return facts
        }
        findings = roles.findings
        missingPrimary = roles.missingPrimary
    }
}

extension ContainerFacts {
    fileprivate init(
        _ container: Container, status: ContainerStatus?, role: Role, rules: MarkerRules, podPolicy: RestartPolicy
    ) {
        name = container.name
        image = container.image
        command = container.command
        searchPath = container.variable("PATH")
        self.role = role
        restartPolicy = container.restartPolicy.flatMap(RestartPolicy.init) ?? podPolicy
        restartRules = container.restartPolicyRules
        if let status {
            state = status.state
            lastTermination = status.lastTermination
            restartCount = status.restartCount
            containerID = status.containerID
            statusImage = status.image
        }
        guard case .sidecar(let reason) = role else { return }
        let rule = rules.rule(for: container)
        ignoresExitCode = container.ignoresExitCode
        virtualNodeImage = container.exitImage
        quit = rule?.quit
        exitsWithZero = rule?.exitsWithZero ?? false
        exec = rules.exec(rule, reason)
        ladder = rules.ladder(rule, reason)
    }
}
