/// What a terminator finds around it while a table of scenarios runs.
public struct Setting: Sendable {
    /// A DNS label.
    public var name: String
    /// The terminator's, as YAML.
    public var configuration: String
    /// Whether ContainerRecreateRequests are served, and answered.
    public var hasKruise = false
    public var hasNodeAgent = false

    /// As on most clusters; containers named `by-…` are told to be ended that way.
    public static let ordinary = Setting(
        name: "ordinary",
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
        hasNodeAgent: true)
}
