/// The names by which pods and containers say what is a sidecar.
enum Marker {
    static let terminate = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
    static let terminateWithImage = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT_WITH_IMAGE"
    static let ignoreExitCode = "KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE"
    static let sidecars = "sidecar.k-pipe.cloud/sidecars"
    static let primary = "sidecar.k-pipe.cloud/primary-container"
    static let flytePrimary = "primary_container_name"
    static let defaultContainer = "kubectl.kubernetes.io/default-container"

    /// Variables that go once the kubelet ends the sidecar.
    static let variables: Set<String> = [
        terminate, terminateWithImage, ignoreExitCode, "ECI_SIDECAR", "ECI_SIDECAR_TERMINATE",
    ]

    static func isTrue(_ text: String?) -> Bool { text?.lowercased() == "true" }

    /// `a, b` as names.
    static func names(_ text: String) -> [String] {
        text.split(whereSeparator: { $0 == "," || $0 == " " }).map(String.init)
    }
}
