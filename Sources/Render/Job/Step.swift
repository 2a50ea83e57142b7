/// A step of a pipeline as its author writes it: everything else follows from it.
public struct Step: Sendable, Equatable {
    public enum RestartPolicy: String, Sendable, CaseIterable {
        /// Each try is a pod of its own.
        case never = "Never"
        /// Tries share a pod, its inputs and its outputs.
        case onFailure = "OnFailure"
    }

    /// The sidecar's own container.
    public struct Agent: Sendable, Equatable {
        public var image = ""
        public var resources: Manifest = [
            "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["memory": "256Mi"],
        ]
        /// Further fields of its container: `env`, `envFrom`, `volumeMounts` …, where its credentials come from.
        public var container: [Manifest.Field] = []
    }

    public var name = ""
    public var namespace: String?
    public var labels: [Manifest.Field] = []
    public var annotations: [Manifest.Field] = []

    public var image = ""
    /// The program and its arguments. An image's own entrypoint cannot be known here.
    public var command: [String] = []
    public var workingDir: String?
    /// Further fields of main's container: `env`, `resources`, `volumeMounts` …
    public var container: [Manifest.Field] = []

    /// The agent's configuration: `inputs`, `outputs`, `state`, `monitor`, `transfer`.
    public var configuration: [Manifest.Field] = []
    public var agent = Agent()

    public var schedule: String?
    public var timeZone: String?
    /// Tries after the first.
    public var retries = 0
    public var restartPolicy = RestartPolicy.never
    /// Seconds for all tries together.
    public var timeout: Int?
    /// Seconds after its end when the Job goes.
    public var timeToLive: Int?
    /// Seconds that fetching the inputs may take.
    public var inputTimeout = 3600
    /// Seconds from SIGTERM to SIGKILL, for main and the outputs together.
    public var grace = 120
    /// As the entrypoint takes them.
    public var noOutputTimeout: String?
    public var timestamps: String?

    /// Of both containers, because they share files.
    public var user = 65532
    public var workdirSize: String?
    public var serviceAccount: String?
    /// Further fields of the pod: `volumes`, `nodeSelector`, `tolerations` …
    public var pod: [Manifest.Field] = []
    /// For clusters before 1.29: ordinary containers, the agent marked for a terminator.
    public var isLegacy = false

    public init() {}

    /// Whether the agent talks to the API server: only then does it get a token.
    var reportsToKubernetes: Bool {
        configuration.first { $0.name == "state" }?.value.elements.contains { $0["to"]?.scalar == "kubernetes" }
            ?? false
    }
}
