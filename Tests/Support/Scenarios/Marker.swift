/// The names that a manifest's author writes: spelt out here once more, because they are a promise.
enum Marker {
    static let terminate = "KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT"
    static let ignoreExitCode = "KRUISE_TERMINATE_SIDECAR_IGNORE_EXIT_CODE"
    static let sidecars = "sidecar.k-pipe.cloud/sidecars"
    static let flytePrimary = "primary_container_name"
    static let quitPrefix = "sidecar.k-pipe.cloud/quit."
    static let lingerPrefix = "sidecar.k-pipe.cloud/linger."
    static let progress = "sidecar.k-pipe.cloud/terminating"
}
