package import HTTPTransport

/// Why the container runtime did not do what it was asked for.
package struct RuntimeError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable {
        case status(GRPCStatus)
        case transport(TransportError)
        case malformed(String)
    }

    /// The call, and at which socket.
    package var attempted: String
    package var reason: Reason

    package init(attempted: String, reason: Reason) {
        self.attempted = attempted
        self.reason = reason
    }

    /// The container is not there (any more).
    package var isNotFound: Bool {
        if case .status(let status) = reason { status.code == GRPCStatus.notFound } else { false }
    }

    /// Whether the same call may succeed later.
    package var isTransient: Bool {
        switch reason {
        case .status(let status): status.code == GRPCStatus.unavailable || status.code == GRPCStatus.deadlineExceeded
        case .transport(let error): error.isTransient
        case .malformed: false
        }
    }

    package var description: String {
        switch reason {
        case .status(let status): "\(attempted): \(status)"
        case .transport(let error):
            switch error.reason {
            case .connect: "\(attempted): nobody listens there; is the path right and the socket mounted?"
            default: "\(attempted): \(error.reason)"
            }
        case .malformed(let what): "\(attempted): \(what)"
        }
    }
}
