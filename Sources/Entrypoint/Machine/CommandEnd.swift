/// How the command's process ended.
package enum CommandEnd: Sendable, Equatable {
    case exited(Int32)
    case signaled(Int32)

    /// What a shell would say: the exit code, or 128 and the signal's number.
    package var code: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): Self.code(of: signal)
        }
    }

    static func code(of signal: Int32) -> Int32 { 128 + signal }

    /// From the status of wait(2).
    package init(waitStatus status: Int32) {
        let signal = status & 0x7F
        self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
    }
}
