package import Basics

/// What goes on inside a pod that does not exist: what its programs answer, which of its ports listen.
package struct PodScript: Sendable {
    /// A command to run in a container.
    package struct Call: Sendable, Equatable {
        package var pod: String
        package var container: String
        package var command: [String]
        package var hasInput: Bool
    }

    /// How a command goes.
    package struct Run: Sendable {
        package enum Stream: UInt8, Sendable {
            case output = 1
            case error = 2
        }

        package var output: [(stream: Stream, bytes: [UInt8])] = []
        package var exitCode = 0
        /// The runtime's words, where the command could not be run at all.
        package var failure: String?
        /// Sends its input back until that is closed, and ends then.
        package var echoesInput = false
        /// Never ends.
        package var hangs = false

        package init(_ output: String = "", error: String = "", exitCode: Int = 0) {
            if !output.isEmpty { self.output.append((.output, Array(output.utf8))) }
            if !error.isEmpty { self.output.append((.error, Array(error.utf8))) }
            self.exitCode = exitCode
        }
    }

    /// An HTTP request through the API server to one of the pod's ports.
    package struct ProxyCall: Sendable, Equatable {
        package var method: String
        package var port: String
        package var path: String
        package var body: [UInt8]
    }

    /// The state that an ephemeral container has at once; none: that is for a node to say.
    package var ephemeral: (@Sendable (JSONValue) -> JSONValue)?
    package var exec: @Sendable (Call) -> Run = { _ in Run() }
    /// Ports that listen on the pod's localhost, and the ports of this machine that stand for them.
    package var ports: [Int: Int] = [:]
    /// By container.
    package var logs: [String: String] = [:]
    /// `nil`: nothing listens there.
    package var proxy: @Sendable (ProxyCall) -> (status: Int, body: String)? = { _ in nil }

    package init() {}
}
