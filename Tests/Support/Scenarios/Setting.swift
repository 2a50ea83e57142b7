/// What a terminator finds around it while a table of scenarios runs.
package struct Setting: Sendable {
    /// A DNS label.
    package var name: String
    package var title: String
    /// The terminator's, as YAML.
    package var configuration: String
    /// Whether ContainerRecreateRequests are served, and answered.
    package var hasKruise = false
    package var hasNodeAgent = false
    package var scenarios: [Scenario]

    /// As on most clusters; containers named `by-…` are told to be ended that way.
    package static let ordinary = Setting(
        name: "ordinary", title: "With the exit image and the node agent, without Kruise",
        configuration: """
            exitImage: \(TestImage.exit.name)
            nodeAgent: true
            patience: {http: 5s, exec: 3s, node: 10s}
            sidecars:
            - names: [by-exec]
              exitsWithZero: true
              ladder: [exec, image, hold]
            - names: [by-node]
              exitsWithZero: true
              ladder: [node, hold]
            - names: [by-signal]
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
            - names: [by-crr]
              exitsWithZero: true
              ladder: [crr, hold]
            """,
        hasKruise: true, scenarios: Scenario.kruiseByRequest + Scenario.byRequest)

    /// As the ordinary one, for Jobs at which something else goes wrong.
    package static let disturbed: Setting = {
        var setting = ordinary
        setting.name = "disturbed"
        setting.title = "Many at once, and with the terminator disturbed"
        setting.scenarios = Scenario.simple
        return setting
    }()
}
