import OperatorConfiguration
import PodRules

/// What holds for all pods, as long as the process runs.
struct ReconcilerSettings: Sendable {
    var exitImage: ExitImage?
    var hasNodeAgents = false
    var patience = Patience()
    var quitVia = TerminatorConfiguration.QuitRoute.portForward
    var isDryRun = false
    /// Seconds since 1970.
    var clock: @Sendable () -> Int64

    init(_ configuration: TerminatorConfiguration, isDryRun: Bool, clock: @escaping @Sendable () -> Int64) {
        exitImage = configuration.exit
        hasNodeAgents = configuration.nodeAgent
        patience = configuration.patience.patience
        quitVia = configuration.quitVia
        self.isDryRun = isDryRun
        self.clock = clock
    }

    func surroundings(at now: Int64) -> Surroundings {
        var surroundings = Surroundings(now: now)
        surroundings.exitImage = exitImage
        surroundings.hasNodeAgents = hasNodeAgents
        surroundings.patience = patience
        return surroundings
    }
}
