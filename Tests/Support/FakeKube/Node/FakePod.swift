import Basics
import YAMLTree

/// A pod as the kubelet of a `FakeNode` knows it.
struct FakePod: Sendable {
    let namespace: String
    let name: String
    let uid: String
    let policy: String
    let grace: Double
    let commands: [[String]]
    let start: Double
    var containers: [FakeContainer]
    /// Ephemeral ones, with their specs.
    private var helpers: [(spec: JSONValue, container: FakeContainer)] = []
    private(set) var now: Double
    /// Of the object that it was last held against, and when it is to be looked at again even if that stays the same.
    private(set) var version: String?
    private(set) var nextEvent = 0.0
    private var deadline: Double?
    private(set) var isDeleted = false
    private var isOverdue = false
    /// What of the pod makes the kubelet look at it when it changes.
    private var essence: JSONValue?
    /// The final phase that somebody else has given it, once the kubelet has taken notice of that.
    private var givenPhase: String?
    /// Since when the phase is one that somebody else wrote.
    private var strangePhase: (phase: String, since: Double)?

    init(_ object: JSONValue, at now: Double) {
        namespace = object.text(at: "metadata.namespace") ?? ""
        name = object.text(at: "metadata.name") ?? ""
        uid = object.text(at: "metadata.uid") ?? ""
        policy = object.text(at: "spec.restartPolicy") ?? ""
        grace = Double(object[path: ["spec", "terminationGracePeriodSeconds"]]?.integer ?? 30)
        start = now
        self.now = now
        let specs = object[path: ["spec", "containers"]]?.array ?? []
        commands = specs.map { ($0["command"]?.array ?? []).compactMap(\.string) }
        // One after the other, as the kubelet starts them.
        containers = specs.enumerated().map { index, spec in
            FakeContainer(
                spec["name"]?.string ?? "", image: spec["image"]?.string ?? "", at: now + 0.2 + 0.2 * Double(index))
        }
    }

    /// It is deleted, out of time, or said to have ended: nothing is started any more.
    private var isEnding: Bool { isDeleted || isOverdue || givenPhase != nil }

    var isClosed: Bool { containers.allSatisfy { $0.termination != nil } }

    /// Takes in what the API server says of it.
    mutating func obey(_ object: JSONValue, at now: Double) {
        self.now = now
        isDeleted = object[path: ["metadata", "deletionTimestamp"]] != nil
        deadline = object[path: ["spec", "activeDeadlineSeconds"]]?.integer.map { start + Double($0) }
        if let deadline, now >= deadline { isOverdue = true }
        for (index, spec) in (object[path: ["spec", "containers"]]?.array ?? []).enumerated() {
            guard let image = spec["image"]?.string, image != containers[index].image else { continue }
            containers[index].swap(to: image, grace: grace, at: now)
        }
        for spec in (object[path: ["spec", "ephemeralContainers"]]?.array ?? []).dropFirst(helpers.count) {
            helpers.append(
                (spec, FakeContainer(spec["name"]?.string ?? "", image: spec["image"]?.string ?? "", at: now + 0.5)))
        }
        let essence: JSONValue = [
            "annotations": object[path: ["metadata", "annotations"]] ?? .null, "spec": object["spec"] ?? .null,
        ]
        if let last = self.essence, last != essence { notice(object) }
        self.essence = essence
        guard isEnding else { return }
        for index in containers.indices { containers[index].give(upAt: now, grace: grace) }
    }

    /// The kubelet deals with the pod because it, or one of its containers, has changed. If the API server has it as ended
    /// by then, it ends it, and the phase stays; otherwise it is the status manager who sees the difference, and writes
    /// its own.
    private mutating func notice(_ object: JSONValue) {
        let phase = object.text(at: "status.phase") ?? ""
        if phase == "Succeeded" || phase == "Failed" { givenPhase = givenPhase ?? phase }
    }

    /// Lets its programs run until `now`, and starts what is to be started.
    mutating func live(_ images: FakeImages, id: (Int) -> String) {
        for index in containers.indices {
            containers[index].live(until: now)
            guard !isEnding else { continue }
            containers[index].restart(policy, at: now)
            if case .waiting(_, let until) = containers[index].state, until <= now {
                containers[index].start(images, commands[index], id: id(index), at: now)
            }
        }
        for index in helpers.indices { liveHelper(index, images, id: id(containers.count + index)) }
    }

    private mutating func liveHelper(_ index: Int, _ images: FakeImages, id: String) {
        helpers[index].container.live(until: now)
        guard !isEnding, case .waiting(_, let until) = helpers[index].container.state, until <= now else { return }
        let spec = helpers[index].spec
        let command = (spec["command"]?.array ?? []).compactMap(\.string)
        guard let words = helpers[index].container.startHelper(images, command, policy, id: id, at: now) else { return }
        if words == ["user"] {
            helpers[index].container.lastWords = "0"
        } else if let target = containers.firstIndex(where: { $0.name == spec["targetContainerName"]?.string }),
            let code = containers[target].program.codeOnTerm
        {
            containers[target].leaving = (code, now + containers[target].program.secondsOnTerm)
        }
    }

    /// Nothing happens to it before `nextEvent` unless the object changes, or somebody asks or signals its containers.
    mutating func rest(over object: JSONValue, review: Double) {
        version = object.text(at: "metadata.resourceVersion")
        var events = (containers + helpers.map(\.container)).map { $0.nextEvent(startsAgain: !isEnding) }
        if let deadline, !isOverdue { events.append(deadline) }
        if let strangePhase { events.append(strangePhase.since + review) }
        nextEvent = events.min() ?? .infinity
    }

    mutating func wake() { nextEvent = 0 }

    /// The status to write; `nil` where what the API server has is right, or not yet known to be wrong.
    mutating func status(
        over object: JSONValue, review: Double, wall: (Double) -> KubeTime
    ) -> JSONValue? {
        let old = object["status"] ?? .object([])
        let phase = phase
        let written = old["phase"]?.string ?? ""
        let isFinal = written == "Succeeded" || written == "Failed"
        var new = old
        new["startTime"] = .string(wall(start).text)
        new["containerStatuses"] = .array(containers.map { $0.status(wall) })
        if !helpers.isEmpty { new["ephemeralContainerStatuses"] = .array(helpers.map { $0.container.status(wall) }) }
        let isSameInside = ["containerStatuses", "ephemeralContainerStatuses"].allSatisfy { old[$0] == new[$0] }
        if !isSameInside { notice(object) }
        // A deadline makes it a failed one, at the kubelet's leisure, whatever somebody else has said of it.
        new["phase"] = .string(isOverdue && isClosed ? phase : givenPhase ?? phase)
        if isOverdue, isClosed { new["reason"] = "DeadlineExceeded" }
        guard new != old else {
            strangePhase = nil
            return nil
        }
        let isOnlyPhase = isSameInside && old["reason"] == new["reason"]
        guard isOnlyPhase, isFinal else {
            strangePhase = nil
            return new
        }
        // Somebody else's word, which is looked at now and then. One who says it again is heard anew.
        guard let strange = strangePhase, strange.phase == written else {
            strangePhase = (written, now)
            return nil
        }
        guard now - strange.since >= review else { return nil }
        strangePhase = nil
        return new
    }

    /// As the kubelet's `getPhase` has it.
    private var phase: String {
        let ends = containers.compactMap(\.termination)
        if isOverdue, isClosed { return "Failed" }
        let waiting = containers.count { $0.isWaitingForFirstRun }
        let running = containers.count(where: \.isRunning)
        if waiting > 0 { return "Pending" }
        if running > 0 || ends.count < containers.count { return "Running" }
        return ends.allSatisfy { $0.code == 0 } ? "Succeeded" : "Failed"
    }
}
