internal import Testing

/// What a terminator finds around it while a table of scenarios runs.
package struct Setting: Sendable, CustomTestStringConvertible {
    /// A DNS label.
    package var name: String
    package var title: String
    /// The terminator's, as YAML.
    package var configuration: String
    /// Whether ContainerRecreateRequests are served, and answered.
    package var hasKruise = false
    package var hasNodeAgent = false
    package var obstacle: Obstacle?
    package var scenarios: [Scenario]

    package var testDescription: String { title }

    /// As on most clusters; containers named `by-…` are told to be ended that way.
    package static let ordinary = Setting(
        name: "ordinary", title: "With the exit image and the node agent, without Kruise",
        configuration: """
            exitImage: \(TestImage.exit.name)
            nodeAgent: true
            patience: {http: 15s, exec: 10s, node: 20s}
            sidecars:
            - names: [by-exec]
              exitsWithZero: true
              ladder: [exec, image, hold]
            - names: [by-node]
              exitsWithZero: true
              ladder: [node, hold]
            - names: [by-debug]
              exitsWithZero: true
              ladder: [debug, hold]
            - names: [by-signal, by-signal-later]
              ladder: [exec, node, hold]
            """,
        hasNodeAgent: true, scenarios: Scenario.ordinary + Scenario.kruise)

    /// Kruise is installed, and we are given no exit image; it is known of nginx that it exits with 0.
    package static let kruise = Setting(
        name: "kruise", title: "With Kruise's ContainerRecreateRequest, without an exit image",
        configuration: """
            patience: {crr: 10s}
            sidecars:
            - images: [nginx]
              exitsWithZero: true
            - names: [by-crr, by-crr-later]
              exitsWithZero: true
              ladder: [crr, hold]
            """,
        hasKruise: true, scenarios: Scenario.kruiseByRequest + Scenario.byRequest)

    /// What is in the way of the exit image, or not there beside it.
    package enum Obstacle: String, Sendable, CaseIterable {
        /// It has no shell, nor any other program that a sidecar's `command` names.
        case noShell = "an exit image without shells"
        case noPull = "an exit image that cannot be pulled"
        /// Its programs are for other processors.
        case otherMachine = "an exit image of another architecture"
        /// A policy refuses pods with it.
        case refused = "an exit image that admission refuses"
        /// A policy refuses ephemeral containers, so that nothing can be rehearsed.
        case noHelpers = "ephemeral containers that admission refuses"
        /// Sidecars are ended from afar alone.
        case noAgent = "the exit image and without the node agent"
    }

    /// As the ordinary one, with something in the way of what usually ends sidecars.
    package static func hampered(by obstacle: Obstacle) -> Setting {
        var setting = ordinary
        setting.name = "\(obstacle)".lowercased()
        setting.title = "With \(obstacle.rawValue)"
        setting.obstacle = obstacle
        let image: TestImage? =
            switch obstacle {
            case .noShell: .exitAlone
            case .noPull: nil
            case .otherMachine: .exitOfOtherMachine
            case .refused, .noHelpers, .noAgent: .exit
            }
        setting.hasNodeAgent = obstacle != .noAgent
        setting.configuration = setting.configuration
            .replacing(TestImage.exit.name, with: image?.name ?? TestImage.missing)
            .replacing("nodeAgent: true", with: "nodeAgent: \(setting.hasNodeAgent)")
        setting.scenarios = setting.scenarios.map { $0.hampered(by: obstacle) }
        return setting
    }

    /// All in which each scenario is played by itself.
    package static let tables = [ordinary] + Obstacle.allCases.map(hampered) + [kruise]

    /// The same, with Jobs of which many can be played at once.
    package static let crowds = tables.map { table in
        var crowd = table
        crowd.title = "100 Jobs at once, \(table.title.prefix(1).lowercased())\(table.title.dropFirst())"
        let simple = table.hasKruise ? Scenario.byRequest : Scenario.simple
        crowd.scenarios = table.obstacle.map { obstacle in simple.map { $0.hampered(by: obstacle) } } ?? simple
        return crowd
    }

    /// As the ordinary one, for Jobs at which something else goes wrong.
    package static let disturbed: Setting = {
        var setting = ordinary
        setting.name = "disturbed"
        setting.title = "Many at once, and with the terminator disturbed"
        setting.scenarios = Scenario.simple
        return setting
    }()
}
