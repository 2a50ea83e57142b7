/// A container of a pod's spec, trimmed.
public struct Container: Sendable, Equatable {
    public var name = ""
    public var image = ""
    public var command: [String] = []
    public var args: [String] = []
    /// Literal values; a variable taken from elsewhere has `nil`, because its value is not in the pod.
    public var env: [EnvironmentVariable] = []
    /// `Always` for a native sidecar among the init containers; a main container's own policy since 1.34.
    public var restartPolicy: String?
    public var restartPolicyRules: [RestartPolicyRule] = []
    public var hasPreStop = false

    public init() {}
}

public struct EnvironmentVariable: Sendable, Equatable {
    public var name = ""
    public var value: String?

    public init() {}
}

/// A rule of `restartPolicyRules` (KEP-5307): when the container's exit code matches, its action applies.
public struct RestartPolicyRule: Sendable, Equatable {
    /// `Restart` or `RestartAllContainers`.
    public var action = ""
    /// `In` or `NotIn`; empty where the rule has no exit codes.
    public var exitCodeOperator = ""
    public var exitCodes: [Int32] = []

    public init() {}
}
