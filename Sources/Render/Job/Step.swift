/// A step of a pipeline as its author writes it: everything else follows from it.
package struct Step: Sendable, Equatable {
    package enum RestartPolicy: String, Sendable, CaseIterable {
        /// Each try is a pod of its own.
        case never = "Never"
        /// Tries share a pod, its inputs and its outputs.
        case onFailure = "OnFailure"
    }

    /// The sidecar's own container.
    package struct Agent: Sendable, Equatable {
        package var image = ""
        package var resources: Manifest = [
            "requests": ["cpu": "100m", "memory": "64Mi"], "limits": ["memory": "256Mi"],
        ]
        /// Further fields of its container: `env`, `envFrom`, `volumeMounts` …, where its credentials come from.
        package var container: [Manifest.Field] = []
    }

    package var name = ""
    package var namespace: String?
    package var labels: [Manifest.Field] = []
    package var annotations: [Manifest.Field] = []

    package var image = ""
    /// The program and its arguments. An image's own entrypoint cannot be known here.
    package var command: [String] = []
    package var workingDir: String?
    /// Further fields of main's container: `env`, `resources`, `volumeMounts` …
    package var container: [Manifest.Field] = []

    /// The agent's configuration: `inputs`, `outputs`, `state`, `monitor`, `transfer`.
    package var configuration: [Manifest.Field] = []
    package var agent = Agent()

    package var schedule: String?
    package var timeZone: String?
    /// Tries after the first.
    package var retries = 0
    package var restartPolicy = RestartPolicy.never
    /// Seconds for all tries together.
    package var timeout: Int?
    /// Seconds after its end when the Job goes.
    package var timeToLive: Int?
    /// Seconds that fetching the inputs may take.
    package var inputTimeout = 3600
    /// Seconds from SIGTERM to SIGKILL, for main and the outputs together.
    package var grace = 120
    /// As the entrypoint takes them.
    package var noOutputTimeout: String?
    package var timestamps: String?

    /// Of both containers, because they share files.
    package var user = 65532
    package var workdirSize: String?
    package var serviceAccount: String?
    /// Further fields of the pod: `volumes`, `nodeSelector`, `tolerations` …
    package var pod: [Manifest.Field] = []
    /// For clusters before 1.29: ordinary containers, the agent marked for a terminator.
    package var isLegacy = false

    package init() {}

    /// Whether the agent talks to the API server: only then does it get a token.
    var reportsToKubernetes: Bool {
        configuration.first { $0.name == "state" }?.value.elements.contains { $0["to"]?.scalar == "kubernetes" }
            ?? false
    }
}
