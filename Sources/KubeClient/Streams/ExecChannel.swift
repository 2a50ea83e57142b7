/// The channels of a command's WebSocket (`k8s.io/apimachinery/pkg/util/remotecommand`).
enum ExecChannel {
    static let input: UInt8 = 0
    static let output: UInt8 = 1
    static let error: UInt8 = 2
    /// Carries a `Status` at the end.
    static let status: UInt8 = 3
    /// Of v5: the payload names the channel that its sender closes.
    static let close: UInt8 = 255
}
