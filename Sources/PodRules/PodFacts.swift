package import Basics
package import KubeModel

/// What a verdict needs of a pod, and no more.
package struct PodFacts: Sendable, Equatable {
    package var key = ObjectKey(name: "")
    package var uid = ""
    package var resourceVersion = ""
    package var restartPolicy = RestartPolicy.never
    package var phase = ""
    package var isBeingDeleted = false
    /// The pod's annotation says: hands off.
    package var isDisabled = false
    /// The cluster's own, and not for us to end.
    package var isSystemPod = false
    package var node = ""
    /// No machine is behind the node: nothing can be run or signalled there.
    package var isOnVirtualNode = false
    /// Nothing of ours runs there.
    package var isOnWindows = false
    package var serviceAccount = ""
    package var runtimeClass = ""
    package var securityContext: [UInt8] = []
    /// Ephemeral containers, in the spec's order.
    package var helpers: [Helper] = []
    /// Its containers see each other's processes, or the node's: process 1 is not the container's own.
    package var sharesProcesses = false
    /// Seconds between SIGTERM and SIGKILL.
    package var grace: Int64 = 30
    package var job: JobReference?
    package var capacity = PodCapacity()
    /// Its Job has not counted it yet.
    package var isTrackedByJob = false
    /// All restarts so far, of init containers too: what the Job's backoffLimit is compared with under `OnFailure`.
    package var restarts = 0
    /// The condition says that we have finished with it.
    package var isConcluded = false
    /// In the spec's order.
    package var containers: [ContainerFacts] = []
    /// Carries the label by which a held pod is found again.
    package var isLabelledHeld = false
    /// What the terminator noted on the pod; how to read it is known to the terminator alone.
    package var memory = ""
    /// What the node agent was asked to stop, as the annotation says.
    package var stopCue = ""
    /// More was learnt since than the pod's annotation says.
    package var hasUnwrittenMemory = false
    /// The container that kubectl takes where none is named.
    package var defaultContainer: String?
    /// Its annotation names sidecars, rightly or not.
    package var hasSidecarsAnnotation = false
    /// Annotations that cannot be followed, each as one sentence.
    package var findings: [String] = []
    /// An annotation names a main container that the pod does not have.
    package var missingPrimary: String?
    /// The native sidecar that main waits for, where it has failed to start.
    package var failingStart: FailingStart?

    package init() {}

    /// A native sidecar that fails: the kubelet starts nothing behind it before it has started.
    package struct FailingStart: Sendable, Equatable {
        package var sidecar: String
        /// The kubelet's reason, or how it last ended.
        package var reason: String
        package var restarts: Int32
    }

    package struct JobReference: Sendable, Hashable {
        package var name: String
        package var uid: String
    }

    /// An ephemeral container: it decides nothing about the pod, and can never be taken away.
    package struct Helper: Sendable, Equatable {
        package let name: String
        package let image: String
        package let command: [String]
        package let args: [String]
        package let state: ContainerState
    }

    package var mains: [ContainerFacts] { containers.filter { !$0.role.isSidecar } }
    package var sidecars: [ContainerFacts] { containers.filter { $0.role.isSidecar } }
    /// The same for a stop that is none of the kubelet's: it gives 2 s at least, and runtimes take 0 for SIGKILL at once.
    package var stopGrace: Int64 { max(2, grace) }
    package var isFinished: Bool { phase == "Succeeded" || phase == "Failed" }

    /// Whether the kubelet has finished with it: it tells of an end that the Job has counted, so it starts nothing again.
    private var isOver: Bool { isFinished && (job == nil || !isTrackedByJob) }

    /// Sidecars that keep it alive.
    package var openSidecars: [ContainerFacts] {
        sidecars.filter { isOver ? !$0.isTerminated : $0.isOpen }
    }

    /// How main ended; `nil` while one of its containers has not.
    package var result: MainResult? {
        let mains = mains
        guard !mains.isEmpty, mains.allSatisfy({ !$0.isOpen }) else { return nil }
        return mains.allSatisfy { $0.end?.exitCode == 0 } ? .succeeded : .failed
    }

    /// When the last main container ended, in seconds since 1970; `nil` while one has not.
    package var mainEnd: Int64? {
        let ends = mains.map(\.end)
        guard !ends.isEmpty, ends.allSatisfy({ $0 != nil }) else { return nil }
        return ends.compactMap { $0?.finishedAt }.max()
    }
}

/// What a pod's containers ask for together. Its node keeps that for them until the last has ended.
package struct PodCapacity: Sendable, Equatable {
    package private(set) var cpu = Quantity.zero
    package private(set) var memory = Quantity.zero

    package init() {}

    init(of pod: PodSpec) {
        let natives = pod.initContainers.filter { $0.restartPolicy == RestartPolicy.always.rawValue }
        for container in pod.containers + natives {
            cpu = cpu + (Quantity(container.cpuRequest) ?? .zero)
            memory = memory + (Quantity(container.memoryRequest) ?? .zero)
        }
    }

    /// `500m CPU, 1Gi`; empty where it asks for nothing.
    package var words: String {
        [(cpu, cpu.text(isBytes: false) + " CPU"), (memory, memory.text(isBytes: true))].filter { $0.0 > .zero }
            .map { $0.1 }.joined(separator: ", ")
    }
}

extension PodFacts {
    /// Keys of annotations that are looked at and are neither markers nor ours.
    static let annotations = [WellKnownNames.Annotation.mirror, WellKnownNames.Annotation.defaultContainer]
    /// Nobody waits longer; a pod may have any number here.
    private static let longestGrace = Int64(Int32.max)

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
        isSystemPod =
            !rules.countsSystemPods
            && (key.namespace == WellKnownNames.systemNamespace
                || pod.metadata.annotations[WellKnownNames.Annotation.mirror] != nil)
        node = pod.spec.nodeName
        self.isOnVirtualNode = isOnVirtualNode
        isOnWindows = pod.spec.operatingSystem == WellKnownNames.Label.windows
        serviceAccount = pod.spec.serviceAccountName
        runtimeClass = pod.spec.runtimeClassName
        securityContext = pod.spec.securityContext
        sharesProcesses = pod.spec.shareProcessNamespace || pod.spec.hostPID
        grace = min(max(0, pod.spec.terminationGracePeriodSeconds ?? 30), Self.longestGrace)
        job = pod.metadata.controller.flatMap { owner in
            owner.kind == APIResource.jobs.kind && owner.apiVersion.hasPrefix("batch/")
                ? JobReference(name: owner.name, uid: owner.uid) : nil
        }
        isTrackedByJob = pod.metadata.finalizers.contains(WellKnownNames.Finalizer.jobTracking)
        capacity = PodCapacity(of: pod.spec)
        restarts = (pod.status.containerStatuses + pod.status.initContainerStatuses)
            .reduce(0) { $0 + Int(max(0, $1.restartCount)) }
        isConcluded = pod.status.conditions.contains {
            $0.type == WellKnownNames.Condition.sidecarTerminated && $0.status == "True"
        }
        isLabelledHeld = pod.metadata.labels[WellKnownNames.Label.held] != nil
        defaultContainer = pod.metadata.annotations[WellKnownNames.Annotation.defaultContainer]
        hasSidecarsAnnotation = pod.metadata.annotations[WellKnownNames.Annotation.sidecars] != nil
        memory = pod.metadata.annotations[WellKnownNames.Annotation.progress] ?? ""
        stopCue = pod.metadata.annotations[WellKnownNames.Annotation.stopCue] ?? ""

        let roles = PodRoles(pod, rules: rules, countsKnown: countsKnown)
        let quits = ContainerAnnotations.quits(of: pod)
        let lingers = ContainerAnnotations.lingers(of: pod)
        let statuses = Dictionary(
            pod.status.containerStatuses.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        containers = zip(pod.spec.containers, roles.roles).map { container, role in
            var facts = ContainerFacts(
                container, status: statuses[container.name], role: role, rules: rules, podPolicy: restartPolicy)
            if pod.spec.hostNetwork, facts.isQuitGuessed(rules) { facts.quit = nil }
            if let quit = quits.values[container.name] { facts.quit = quit }
            if role.isSidecar, let linger = lingers.values[container.name] { facts.linger = linger }
            return facts
        }
        findings =
            roles.findings.map(\.description) + quits.findings + lingers.findings + Self.mistakes(in: pod)
        missingPrimary = roles.missingPrimary
        failingStart = isFinished ? nil : FailingStart(in: pod)
        helpers = pod.spec.ephemeralContainers.map { container in
            let status = pod.status.ephemeralContainerStatuses.first { $0.name == container.name }
            return Helper(
                name: container.name, image: container.image, command: container.command, args: container.args,
                state: status?.state ?? .unknown)
        }
    }
}

extension PodFacts.FailingStart {
    /// `nil` where none has failed: one that is pulled, created or probed for the first time is only slow. Nor where main
    /// has begun already: then it has lost a helper, and waits for nothing.
    fileprivate init?(in pod: Pod) {
        guard pod.status.containerStatuses.allSatisfy(\.hasNeverRun) else { return nil }
        let statuses = Dictionary(
            pod.status.initContainerStatuses.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        // They start one after another: behind the first that has not, nothing is tried.
        for container in pod.spec.initContainers where container.restartPolicy == RestartPolicy.always.rawValue {
            guard let status = statuses[container.name], status.isStarted != true else { continue }
            let last: ContainerStatus.Termination?
            switch status.state {
            case .terminated(let end): last = end
            case .waiting(let reason) where status.state.waitsInTrouble:
                self.init(sidecar: container.name, reason: reason, restarts: status.restartCount)
                return
            case .waiting, .running, .unknown: last = status.lastTermination
            }
            guard let last else { return nil }
            let reason = "\(last.reason.isEmpty ? "ended" : last.reason), exit code \(last.exitCode)"
            self.init(sidecar: container.name, reason: reason, restarts: status.restartCount)
            return
        }
        return nil
    }
}

extension ContainerStatus {
    fileprivate var hasNeverRun: Bool {
        guard lastTermination == nil, restartCount == 0 else { return false }
        return switch state {
        case .unknown, .waiting: true
        case .running, .terminated: false
        }
    }
}

extension PodFacts {
    /// Native sidecars that are meant and written wrongly (KEP-5307 makes something else of them).
    private static func mistakes(in pod: Pod) -> [String] {
        pod.spec.containers.filter { $0.restartPolicy == "Always" }.map {
            "\($0.name) has restartPolicy: Always among the regular containers, so it never ends and the pod never does: a "
                + "native sidecar stands among the initContainers (kpipe-sidecar render convert --sidecar \($0.name))"
        }
    }
}

extension ContainerFacts {
    fileprivate init(
        _ container: Container, status: ContainerStatus?, role: Role, rules: MarkerRules, podPolicy: RestartPolicy
    ) {
        name = container.name
        image = container.image
        command = container.command
        searchPath = container.variable(.searchPath)
        self.role = role
        restartPolicy = container.restartPolicy.flatMap(RestartPolicy.init) ?? podPolicy
        restartRules = container.restartPolicyRules
        if let status {
            state = status.state
            lastTermination = status.lastTermination
            restartCount = status.restartCount
            containerID = status.containerID
            statusImage = status.image
            imageID = status.imageID
        }
        guard case .sidecar(let reason) = role else { return }
        args = container.args
        workingDir = container.workingDir
        pullPolicy = container.imagePullPolicy
        securityContext = container.securityContext
        mountPaths = container.mountPaths
        let rule = rules.rule(for: ContainerMarks(container))
        ignoresExitCode = container.variable(.ignoreExitCode).map(SidecarVariable.isTrue) == true
        virtualNodeImage = container.variable(.exitImage).flatMap { !$0.isEmpty && rules.allowsSwap(to: $0) ? $0 : nil }
        quit = rule?.quit
        exitsWithZero = rule?.exitsWithZero ?? false
        exec = rules.exec(rule, reason)
        ladder = rules.ladder(rule, reason)
    }
}

extension ContainerFacts {
    /// Variables that are looked at beside those that mark sidecars.
    enum Variable: CaseIterable {
        case ignoreExitCode
        case exitImage
        case searchPath

        var name: String {
            switch self {
            case .ignoreExitCode: WellKnownNames.Variable.ignoreExitCode
            case .exitImage: WellKnownNames.Variable.terminateWithImage
            case .searchPath: "PATH"
            }
        }
    }
}

extension ContainerFacts {
    /// Whether its quit endpoint is only what is usual for such a program. On the node's own network that port may well be
    /// another program's, which would be ended.
    fileprivate func isQuitGuessed(_ rules: MarkerRules) -> Bool {
        rules.rule(for: ContainerMarks(name: name, image: image) { _ in nil }).map(SidecarRule.shipped.contains)
            ?? false
    }
}

extension Container {
    fileprivate func variable(_ variable: ContainerFacts.Variable) -> String? { self.variable(variable.name) }
}
