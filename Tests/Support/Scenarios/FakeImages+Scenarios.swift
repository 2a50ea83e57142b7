package import FakeKube

extension FakeImages {
    /// What the scenarios' containers run, and the exit image.
    ///
    /// - Parameter exitPrograms: names of the exit image's programs.
    package init(for scenarios: [Scenario], exitPrograms: [String]) {
        self.init()
        for program in scenarios.flatMap({ $0.containers.map(\.program) }) + Program.foreign
        where program.image != TestImage.missing {
            programs[program.image, default: [:]][program.command] = program.behaviour
        }
        exits[TestImage.exit.name] = Set(
            exitPrograms + exitPrograms.map { "/bin/\($0)" } + ["/exit", Self.signalProgram])
        exits[TestImage.exitAlone.name] = ["/exit"]
        // Can be pulled, and starts nothing.
        programs[TestImage.exitOfOtherMachine.name] = [:]
    }
}

extension Scenario {
    /// Ports of localhost on which its sidecars wait to be asked.
    package var quitPorts: [Int] { containers.compactMap(\.program.behaviour.quitPort) }
}
