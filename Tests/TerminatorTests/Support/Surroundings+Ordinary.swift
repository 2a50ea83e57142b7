import PodRules

@testable import Terminator

extension Surroundings {
    /// As on an ordinary cluster: an exit image, no Kruise, no node agents.
    static func ordinary(now: Int64 = 1600, _ change: (inout Surroundings) -> Void = { _ in }) -> Surroundings {
        var surroundings = Surroundings(now: now)
        surroundings.exitImage = ExitImage("exit0:latest")
        change(&surroundings)
        return surroundings
    }
}
