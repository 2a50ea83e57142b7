/// What the kubelet does to a container.
extension FakeContainer {
    /// Waits and has never run. One that waits between two runs counts as ended for the pod's phase.
    var isWaitingForFirstRun: Bool { if case .waiting = state { last == nil } else { false } }

    /// A changed image starts a container anew that runs or waits; one that has ended stays as it is.
    mutating func swap(to image: String, grace: Double, at now: Double) {
        self.image = image
        switch state {
        case .running:
            isSwapped = true
            stop(grace: grace, at: now)
        case .waiting:
            runs = 0
            state = .waiting(reason: "ContainerCreating", until: now + 0.1)
        case .terminated: runs = 0
        }
    }

    /// Its pod ends.
    mutating func give(upAt now: Double, grace: Double) {
        switch state {
        case .running: stop(grace: grace, at: now)
        case .waiting:
            // Between two runs it is what its last one made of it.
            state = .terminated(
                last ?? Termination(code: 137, reason: "ContainerStatusUnknown", start: nil, end: now, id: id))
        case .terminated: break
        }
    }

    /// A helper is started once. What it signals is the pod's affair.
    ///
    /// - Returns: the words of its command behind its program, where that is one that signals.
    mutating func startHelper(
        _ images: FakeImages, _ command: [String], _ policy: String, id: String, at now: Double
    ) -> [String]? {
        start(images, command, id: id, at: now)
        if policy != "Never", case .terminated(let end) = state, end.reason == "StartError" {
            state = .waiting(reason: "RunContainerError", until: .infinity)
        }
        guard isRunning, command.first == FakeImages.signalProgram else { return nil }
        return Array(command.dropFirst())
    }

    mutating func restart(_ policy: String, at now: Double) {
        guard let end = termination, isSwapped || policy == "Always" || policy == "OnFailure" && end.code != 0 else {
            return
        }
        last = end
        restarts += 1
        // Until here it was still the old image's program that ran.
        if isSwapped { runs = 0 }
        // The first restart follows at once.
        let pause = isSwapped || restarts == 1 ? 0.2 : min(300, 10 * Double(1 << min(restarts - 2, 5)))
        state = .waiting(reason: pause < 1 ? "ContainerCreating" : "CrashLoopBackOff", until: end.end + pause)
        isSwapped = false
    }

    mutating func start(_ images: FakeImages, _ command: [String], id: String, at now: Double) {
        guard images.canBePulled(image) else {
            if case .waiting("ErrImagePull", _) = state {
                state = .waiting(reason: "ImagePullBackOff", until: now + 10)
            } else {
                state = .waiting(reason: "ErrImagePull", until: now + 1)
            }
            return
        }
        guard let program = images.program(image, command) else {
            state = .terminated(Termination(code: 128, reason: "StartError", start: nil, end: now, id: id))
            return
        }
        if runs == 0, program.postStart > 0, self.program != program {
            self.program = program
            state = .waiting(reason: "ContainerCreating", until: now + program.postStart)
            return
        }
        self.program = program
        self.id = id
        runs += 1
        state = .running(since: now)
    }
}
