/// Reasons of Events on a pod's owner.
enum AdmissionEvent {
    /// Something spoke against converting a pod.
    static let left = "SidecarConversionSkipped"
    /// Another webhook had made a native sidecar an ordinary init container.
    static let restored = "SidecarPolicyRestored"
}
