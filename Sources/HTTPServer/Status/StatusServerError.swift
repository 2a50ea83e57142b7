/// Why a server cannot listen.
package struct StatusServerError: Error, Sendable, Equatable, CustomStringConvertible {
    package var port: Int
    package var reason: String

    package init(port: Int, reason: String) {
        self.port = port
        self.reason = reason
    }

    package var description: String {
        "cannot listen on port \(port): \(reason); free the port or choose another"
    }
}
