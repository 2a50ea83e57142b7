/// What goes on inside a pod that does not exist: what its programs answer, which of its ports listen.
public struct PodScript: Sendable {
    /// A command to run in a container.
    public struct Call: Sendable, Equatable {
        public var pod: String
        public var container: String
        public var command: [String]
        public var hasInput: Bool
    }

    /// How a command goes.
    public struct Run: Sendable {
        public enum Stream: UInt8, Sendable {
            case output = 1
            case error = 2
        }

        public var output: [(stream: Stream, bytes: [UInt8])] = []
        public var exitCode = 0
        /// The runtime's words, where the command could not be run at all.
        public var failure: String?
        /// Sends its input back until that is closed, and ends then.
        public var echoesInput = false
        /// Never ends.
        public var hangs = false

        public init(_ output: String = "", error: String = "", exitCode: Int = 0) {
            if !output.isEmpty { self.output.append((.output, Array(output.utf8))) }
            if !error.isEmpty { self.output.append((.error, Array(error.utf8))) }
            self.exitCode = exitCode
        }
    }

    /// An HTTP request through the API server to one of the pod's ports.
    public struct ProxyCall: Sendable, Equatable {
        public var method: String
        public var port: String
        public var path: String
        public var body: [UInt8]
    }

    public var exec: @Sendable (Call) -> Run = { _ in Run() }
    /// Ports that listen on the pod's localhost, and the ports of this machine that stand for them.
    public var ports: [Int: Int] = [:]
    /// By container.
    public var logs: [String: String] = [:]
    /// `nil`: nothing listens there.
    public var proxy: @Sendable (ProxyCall) -> (status: Int, body: String)? = { _ in nil }

    public init() {}
}
