internal import Basics
internal import Glibc
internal import YAMLTree

/// Appends reports to a file, one CloudEvent on a line. A line is whole or not there.
struct FileCourier: ReportCourier {
    let path: String
    let pod: PodIdentity

    var destination: String { "file://\(path)" }

    func deliver(_ report: StateReport) async -> DeliveryOutcome {
        let line = Array((CloudEvent(report: report, pod: pod).structured.text + "\n").utf8)
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { return failure("open") }
        defer { close(descriptor) }
        var before = stat()
        guard fstat(descriptor, &before) == 0 else { return failure("examine") }
        guard write(line, to: descriptor) else {
            let outcome = failure("write")
            // No half line stays, lest the next one be lost with it. Pipes and terminals cannot be cut, nor need they.
            _ = ftruncate(descriptor, before.st_size)
            return outcome
        }
        guard !report.terminal || fsync(descriptor) == 0 || errno == EINVAL else { return failure("sync") }
        return .delivered
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private func failure(_ attempted: String) -> DeliveryOutcome {
        .failed("cannot \(attempted) \(path): \(String(cString: strerror(errno)))", retryAfter: nil)
    }
}
