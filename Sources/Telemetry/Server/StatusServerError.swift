/// Why a server cannot listen.
public struct StatusServerError: Error, Sendable, Equatable, CustomStringConvertible {
    public var port: Int
    public var reason: String

    public init(port: Int, reason: String) {
        self.port = port
        self.reason = reason
    }

    public var description: String {
        "cannot listen on port \(port): \(reason); free the port or choose another"
    }
}
