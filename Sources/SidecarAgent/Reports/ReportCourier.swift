import Basics
import CLinux
import Glibc
import HTTPTransport

/// Carries one report to one destination: one attempt, bounded in time.
protocol ReportCourier: Sendable {
    /// Names the destination in logs, metrics and the journal: without credentials, the same in the agent's next life.
    var destination: String { get }
    /// How often it may be asked to deliver; `nil`: as often as there is something.
    var pace: TokenBucket? { get }
    func deliver(_ report: StateReport) async -> DeliveryOutcome
}

extension ReportCourier {
    var pace: TokenBucket? { nil }
}

/// What one attempt to deliver a report came to. Reasons carry no secret.
enum DeliveryOutcome: Sendable, Equatable {
    case delivered
    /// Trying again would change nothing.
    case refused(String)
    /// Trying again may help, after a pause if the destination asked for one.
    case failed(String, retryAfter: Duration?)

    /// By the answer's status: 2xx is a delivery; 404, 408, 425, 429 and 5xx are worth another try; everything else, a
    /// redirect included, is a no (redirects are not followed, so that no credential travels to another host).
    init(status: Int, retryAfter: String?, now: Int64) {
        switch status {
        case 200..<300: self = .delivered
        case 404, 408, 425, 429, 500..<600:
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

/// Appends reports to a file, one CloudEvent on a line. A line is whole or not there.
struct FileCourier: ReportCourier {
    let path: String
    let pod: PodIdentity
    /// A file below it is reached from there alone, through no link.
    var volume: Volume?

    var destination: String { "file://\(path)" }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        let line = Array((CloudEvent(report: report, pod: pod).structured.text + "\n").utf8)
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let descriptor =
            if let volume, let relative = volume.relative(path) {
                Beneath.open(volume.root.descriptor, relative, flags, mode: 0o644)
            } else {
                open(path, flags, 0o644)
            }
        guard descriptor >= 0 else { return failure("open") }
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { return failure("examine") }
        guard line.withUnsafeBytes({ Descriptor.write($0, to: descriptor) }) else {
            let outcome = failure("write")
            // No half line stays, lest the next one be lost with it. Pipes and terminals cannot be cut, nor need they.
            _ = ftruncate(descriptor, before.st_size)
            return outcome
        }
        guard !report.terminal || fsync(descriptor) == 0 || errno == EINVAL else { return failure("sync") }
        return .delivered
    }

    private func failure(_ attempted: String) -> DeliveryOutcome {
        .failed("cannot \(attempted) \(path): \(String(cString: strerror(errno)))", retryAfter: nil)
    }
}
