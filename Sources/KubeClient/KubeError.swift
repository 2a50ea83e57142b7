internal import Basics
public import HTTPTransport
public import KubeModel

/// Why something asked of a cluster did not happen. Carries no credential.
public struct KubeError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable {
        /// The server answered, and said no.
        case status(APIStatus)
        case transport(TransportError)
        /// The kubeconfig or the pod's service account cannot be used; says which file and field.
        case configuration(String)
        /// No credential could be had (a plugin failed, a token file is unreadable).
        case credentials(String)
        /// The answer is not what the API promises.
        case malformed(String)
        case cancelled
    }

    /// What was asked: method and path, or which file was read.
    public var attempted: String
    public var reason: Reason

    public init(attempted: String, reason: Reason) {
        self.attempted = attempted
        self.reason = reason
    }

    public var status: APIStatus? {
        if case .status(let status) = reason { status } else { nil }
    }

    /// Whether the same request may succeed later without anybody changing anything.
    public var isTransient: Bool {
        switch reason {
        case .status(let status): status.code == 429 || (500...599).contains(status.code) && status.code != 501
        case .transport(let error): error.isTransient
        case .credentials: true
        case .configuration, .malformed, .cancelled: false
        }
    }

    public var description: String {
        switch reason {
        case .status(let status): "\(attempted): \(status.message.isEmpty ? "HTTP \(status.code)" : status.message)"
        case .transport(let error): "\(error.attempted): \(error.words)"
        case .configuration(let text), .credentials(let text), .malformed(let text): "\(attempted): \(text)"
        case .cancelled: "\(attempted): cancelled"
        }
    }
}

extension TransportError {
    /// Why, and what to look at.
    var words: String {
        switch reason {
        case .nameResolution: "the server's name does not resolve"
        case .connect: "no connection; is the server up, and is the address right?"
        case .tls(let words): "TLS failed: \(words)"
        case .proxy(let words): "the proxy failed: \(words)"
        case .timeout("connect"): "no connection in time"
        case .timeout("firstByte"): "no answer in time"
        case .timeout("stall"): "the answer stalled"
        case .timeout: "it took too long"
        case .connectionLost(let words): "the connection was lost: \(words)"
        case .bodyLength(let words): "the answer has not its announced length: \(words)"
        case .invalidRequest(let words): "the request cannot be sent: \(words)"
        case .malformedResponse(let words): "the answer cannot be read: \(words)"
        case .bodySource(let words), .bodySink(let words), .other(let words): words
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        case .clientClosed: "the client was shut down"
        }
    }
}

extension SingleFlight where Failure == KubeError {
    convenience init() {
        self.init(cancelled: KubeError(attempted: "wait for another's answer", reason: .cancelled)) { error in
            if case .cancelled = error.reason { true } else { false }
        }
    }
}
