import Basics
import YAMLTree

/// A container as the runtime of a `FakeNode` knows it. Times are seconds since the node's start.
struct FakeContainer: Sendable {
    struct Termination: Sendable {
        var code: Int
        var reason: String
        var start: Double?
        var end: Double
        var id: String
    }

    enum State: Sendable {
        /// Being created or pulled, or between two runs; something is tried again at `until`.
        case waiting(reason: String, until: Double)
        case running(since: Double)
        case terminated(Termination)
    }

    let name: String
    /// What it runs, or was last told to run.
    var image: String
    var state: State
    var last: Termination?
    var restarts = 0
    /// How often it was started.
    var runs = 0
    var id = ""
    /// What it leaves behind for the kubelet to read.
    var lastWords = ""
    var program = FakeProgram()
    /// Being stopped: SIGTERM comes then, SIGKILL then.
    var term: Double?
    var kill: Double?
    /// Asked to leave, or signalled by a process within.
    var leaving: (code: Int, at: Double)?
    /// Its image was swapped while it ran: it starts anew whatever its policy says.
    var isSwapped = false

    init(_ name: String, image: String, at time: Double) {
        self.name = name
        self.image = image
        state = .waiting(reason: "ContainerCreating", until: time)
    }

    var isRunning: Bool { if case .running = state { true } else { false } }
    var termination: Termination? { if case .terminated(let end) = state { end } else { nil } }

    /// Begins to stop it: the hook, SIGTERM, SIGKILL when the grace has passed. Who asks again may shorten that.
    mutating func stop(grace: Double, at now: Double) {
        guard isRunning else { return }
        term = term ?? now + min(program.preStop, grace)
        kill = min(kill ?? .infinity, now + max(grace, 0.1))
    }

    /// How it ends, by its own program, a signal or a request, if nothing else comes in between.
    private var end: (at: Double, code: Int, reason: String)? {
        guard case .running(let start) = state else { return nil }
        var ends: [(at: Double, code: Int, reason: String)] = []
        if let ending = program.ending(run: runs - 1) {
            ends.append((start + ending.after, ending.code, ending.reason))
        }
        if let leaving { ends.append((leaving.at, leaving.code, leaving.code == 0 ? "Completed" : "Error")) }
        if let term, let code = program.codeOnTerm {
            ends.append((term + 0.05 + program.secondsOnTerm, code, code == 0 ? "Completed" : "Error"))
        }
        if let kill { ends.append((kill, 137, "Error")) }
        return ends.min { $0.at < $1.at }
    }

    /// When something is to happen to it by itself.
    ///
    /// - Parameter startsAgain: whether what waits is started.
    func nextEvent(startsAgain: Bool) -> Double {
        if startsAgain, case .waiting(_, let until) = state { return until }
        return end?.at ?? .infinity
    }

    mutating func live(until now: Double) {
        guard case .running(let start) = state, let end, end.at <= now else { return }
        state = .terminated(Termination(code: end.code, reason: end.reason, start: start, end: end.at, id: id))
        (term, kill, leaving) = (nil, nil, nil)
    }

    func status(_ wall: (Double) -> KubeTime) -> JSONValue {
        func text(_ time: Double?) -> JSONValue { .string(time.map { wall($0).text } ?? "1970-01-01T00:00:00Z") }
        func value(_ end: Termination) -> JSONValue {
            [
                "terminated": [
                    "exitCode": .integer(Int64(end.code)), "reason": .string(end.reason),
                    "startedAt": text(end.start), "finishedAt": text(end.end), "containerID": .string(end.id),
                ]
            ]
        }
        var state: JSONValue =
            switch state {
            case .waiting(let reason, _): ["waiting": ["reason": .string(reason)]]
            case .running(let start): ["running": ["startedAt": text(start)]]
            case .terminated(let end): value(end)
            }
        if !lastWords.isEmpty, termination != nil { state[path: ["terminated", "message"]] = .string(lastWords) }
        return .object(present: [
            "name": .string(name), "image": .string(image), "imageID": "", "ready": .bool(isRunning),
            "started": .bool(isRunning), "restartCount": .integer(Int64(restarts)),
            "containerID": id.isEmpty ? nil : .string(id), "state": state, "lastState": last.map(value) ?? .object([]),
        ])
    }
}
