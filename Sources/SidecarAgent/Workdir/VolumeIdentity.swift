import Basics
import CLinux
import Glibc

/// Whose volume this is: the first record of the journal.
struct VolumeIdentity: Sendable, Equatable, Codable {
    /// Names this life of the volume in every report.
    var epoch: String
    /// The pod's uid, or one made up where nobody says.
    var pod: String
    /// The kernel's boot id.
    var boot: String
    /// The pod's name, to know one's own volume again where no uid is given.
    var name: String?
}

/// Who finds the volume.
struct VolumeClaim: Sendable, Equatable {
    /// `nil` where nobody says.
    var pod: String?
    var name: String?
    var boot: String
}

/// What a starting agent makes of the volume it finds.
enum VolumeCondition: Sendable, Equatable {
    /// Nobody's yet: what markers there are were made by this pod's main, and count.
    case fresh
    /// An agent of this pod was here and was killed.
    case resumed(VolumeIdentity)
    /// The same, but the node was started anew since: main's markers are of a process that is gone.
    case rebooted(VolumeIdentity)
    /// Left behind by another pod, or without a readable journal: nothing in it is ours.
    case stale

    static func judge(
        journal: VolumeIdentity?, hasLeftovers: Bool, claim: VolumeClaim
    ) -> VolumeCondition {
        guard let journal else { return hasLeftovers ? .stale : .fresh }
        let isOurs = claim.pod.map { $0 == journal.pod } ?? (claim.name == journal.name)
        guard isOurs else { return .stale }
        if journal.boot == claim.boot { return .resumed(journal) }
        // A volume in memory is empty then, and what the journal says of it is void.
        return hasLeftovers ? .rebooted(journal) : .fresh
    }
}

/// What only the machine knows. Randomness and clock of the agent's shell; no decision reads them.
enum HostFacts {
    /// Another value after each start of the kernel; empty where `/proc` does not say.
    static func bootID() -> String {
        (try? SmallFile.text("/proc/sys/kernel/random/boot_id")) ?? ""
    }

    static func now() -> UnixTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UnixTime(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Sorts by time, and is another one even where a clock was set back: a rebooted node may forget the time.
    static func newEpoch() -> String {
        "\(now().milliseconds)-\(hexadecimal(UInt64.random(in: 0...0xFFFF_FFFF), digits: 8))"
    }

    /// In the form of a pod's uid (RFC 9562, version 4).
    static func newUID() -> String {
        let high = UInt64.random(in: .min ... .max) & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = UInt64.random(in: .min ... .max) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = Array(hexadecimal(high, digits: 16) + hexadecimal(low, digits: 16))
        return [0..<8, 8..<12, 12..<16, 16..<20, 20..<32].map { String(digits[$0]) }.joined(separator: "-")
    }

    private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }
}
