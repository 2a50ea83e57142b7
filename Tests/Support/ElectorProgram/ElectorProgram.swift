import Basics
import Glibc
import KubeClient
import KubeModel
import KubeRuntime
import Logging

/// `elector KUBECONFIG IDENTITY [RATE OFFSET]`: contests the Lease `default/contest` and, while it leads, counts in the
/// ConfigMap `default/work`. Its clock runs at `RATE`, and its calendar shows `OFFSET` seconds too much.
///
/// Writes a line to standard output for each thing that happened, with moments in nanoseconds of a clock that all
/// processes share:
///
///     believes 7000 8000     asked in between, it believed to lead
///     wrote 4711             the ConfigMap got this version
///     refused 409            the API server did not let it write
///     lost                   leads no more
@main struct ElectorProgram {
    /// Quicker than Kubernetes' own, with about the same margin for clocks that run differently fast; slow enough for a
    /// busy machine.
    static let timing = try? ElectionTiming(lease: .seconds(5), renew: .milliseconds(3500), retry: .milliseconds(500))

    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard let path = arguments.first, let timing, [2, 4].contains(arguments.count) else {
            say("usage: elector KUBECONFIG IDENTITY [RATE OFFSET]")
            exit(64)
        }
        let identity = arguments[2]
        let clock = SkewedClock(rate: arguments.count == 4 ? Double(arguments[3]) ?? 1 : 1)
        let offset = arguments.count == 4 ? Int64(arguments[4]) ?? 0 : 0

        let access = try ClusterAccess.load(ClusterSelection(kubeconfig: path), environment: [:])
        let api = KubeClient(access, KubeClientOptions(retries: .never, rate: nil))
        let election = LeaderElection(
            lease: ObjectKey(namespace: "default", name: "contest"), identity: identity, timing: timing, api: api,
            logger: Logger(label: "elector"), time: Timepiece(clock),
            wall: WallClock { WallClock.system.microsecondsSince1970() + offset * 1_000_000 })
        do {
            try await election.run { leadership in await Counting(api, identity).run(leadership) }
        } catch is LeadershipLost {
            Self.say("lost")
        }
    }

    static func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        write(1, bytes, bytes.count)
    }

    /// Nanoseconds since the machine started.
    static func moment() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
