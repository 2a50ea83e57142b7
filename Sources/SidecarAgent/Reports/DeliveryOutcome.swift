internal import Basics
internal import HTTPTransport
internal import Transfer

/// What one attempt to deliver a report came to. Reasons carry no secret.
enum DeliveryOutcome: Sendable, Equatable {
    case delivered
    /// Trying again would change nothing.
    case refused(String)
    /// Trying again may help, after a pause if the destination asked for one.
    case failed(String, retryAfter: Duration?)

    /// By the answer's status: 2xx is a delivery; 408, 425, 429 and 5xx are worth another try; everything else, a
    /// redirect included, is a no (redirects are not followed, so that no credential travels to another host).
    init(status: Int, retryAfter: String?, now: Int64) {
        switch status {
        case 200..<300: self = .delivered
        case 408, 425, 429, 500..<600:
            self = .failed("status \(status)", retryAfter: RetryAfter.parse(retryAfter, now: now))
        case 300..<400: self = .refused("status \(status): redirects are not followed; configure the final URL")
        case 401, 403: self = .refused("status \(status): check the token or its permissions")
        default: self = .refused("status \(status)")
        }
    }

    init(_ error: TransportError) {
        if case .invalidRequest = error.reason {
            self = .refused(error.description)
        } else {
            self = .failed(error.description, retryAfter: nil)
        }
    }

    /// As metrics name it.
    var word: String {
        switch self {
        case .delivered: "delivered"
        case .refused: "refused"
        case .failed: "failed"
        }
    }
}
