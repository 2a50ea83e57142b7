internal import KubeModel
internal import OperatorConfiguration
internal import PodRules

/// Whether a container would end with 0 if its image were swapped, as an ephemeral container beside it has shown: with the
/// exit image, and with everything of the container's own that decides about that.
enum Rehearsal: Sendable, Hashable {
    case passed
    /// Why not, in words that follow "the exit image".
    case failed(String)

    /// Seconds until one that has not ended is taken for one that will not.
    static let limit: Int64 = 30
    /// Most that one sidecar is given: they stay in the pod for good.
    static let most = 2
    /// Reasons to wait that are none to worry.
    private static let starting: Set<String> = ["", "ContainerCreating", "PodInitializing"]

    /// What a helper's state says; `nil` while it says nothing.
    init?(_ state: ContainerState) {
        switch state {
        case .terminated(let end) where end.exitCode == 0: self = .passed
        case .terminated(let end):
            self = .failed(
                "does not run here: it ends with \(end.exitCode)\(end.reason.isEmpty ? "" : " (\(end.reason))")")
        // Under OnFailure a program that is missing shows like this.
        case .waiting(let reason) where !Self.starting.contains(reason):
            self = .failed("cannot be started here: \(reason)")
        case .waiting, .running, .unknown: return nil
        }
    }
}

/// What an ephemeral container of ours is for.
enum HelperPurpose: Sendable, Hashable {
    /// To try the exit image, for the first time or once more.
    case rehearsal(Int)
    /// To find out as whom a sidecar runs.
    case user
    /// To send it a signal.
    case signal

    /// Derived from what it is for, so that whoever leads next finds it, and adding it twice changes nothing.
    func name(for container: String, _ image: String) -> String {
        let (tag, number) =
            switch self {
            case .rehearsal(let number): ("reh", number)
            case .user: ("user", 0)
            case .signal: ("sig", 0)
            }
        // FNV-1a: what it is to tell apart are the few containers and images of one pod.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in "\(container)\n\(image)\n\(number)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return "kpipe-\(tag)-\(String(hash, radix: 36))"
    }
}

extension PodFacts {
    func helper(_ purpose: HelperPurpose, for container: String, _ image: String) -> Helper? {
        let name = purpose.name(for: container, image)
        return helpers.first { $0.name == name }
    }

    /// What this pod's own rehearsal of that sidecar says of this image; `nil` without one that has come to an end.
    func rehearsal(of sidecar: ContainerFacts, _ image: String) -> Rehearsal? {
        for number in (0..<Rehearsal.most).reversed() {
            guard let helper = helper(.rehearsal(number), for: sidecar.name, image) else { continue }
            // A policy may have made another of it, or somebody was there before us.
            guard helper.image == image, helper.command == sidecar.command, helper.args == sidecar.args else {
                return .failed("was replaced by \(helper.image) in its rehearsal")
            }
            return Rehearsal(helper.state)
        }
        return nil
    }
}

extension Ladder {
    /// How far the rehearsal of a swap has come.
    enum RehearsalState: Equatable {
        /// To be begun, for the first or second time.
        case due(Int)
        /// Seconds until it is given up.
        case underWay(Int64)
        case over(Rehearsal)
    }

    /// One of the pod's own comes before what is remembered of others.
    var rehearsal: RehearsalState {
        let image = swapImage ?? ""
        let begun = recentAttempt(.image).flatMap { $0.isRehearsal ? $0 : nil }
        let left = begun.map { Rehearsal.limit - elapsed(since: $0) } ?? 0
        let count = (0..<Rehearsal.most).count { pod.helper(.rehearsal($0), for: sidecar.name, image) != nil }
        if count > 0 {
            let own = pod.rehearsal(of: sidecar, image)
            guard let own else {
                return left > 0 ? .underWay(left) : .over(.failed("does not end within \(Rehearsal.limit) s here"))
            }
            let isWorthAnother = own != .passed && (begun == nil || wasCutShort(count - 1, image))
            return count < Rehearsal.most && isWorthAnother ? .due(count) : .over(own)
        }
        if let known = surroundings.remembered[sidecar.name] { return .over(known) }
        if let begun, begun.hasFailed {
            return .over(
                .failed("cannot be tried: \(surroundings.failures[sidecar.name]?[.image] ?? "that was refused")"))
        }
        if begun != nil, left <= 0 { return .over(.failed("could not be tried within \(Rehearsal.limit) s")) }
        guard surroundings.rehearsing.contains(sidecar.name) else { return .due(0) }
        // Another's is told of when it is over, its own shows in the pod.
        return .underWay(begun == nil ? Self.longestInterval : left)
    }

    /// It was killed, or lost with its node: nothing was learnt of the image.
    private func wasCutShort(_ number: Int, _ image: String) -> Bool {
        guard case .terminated(let end)? = pod.helper(.rehearsal(number), for: sidecar.name, image)?.state else {
            return false
        }
        return end.exitCode == 137
    }

    /// A rehearsal in this pod has just said no: that is to be told, once.
    var refutation: String? {
        guard let attempt = recentAttempt(.image), attempt.isRehearsal, !attempt.hasFailed,
            case .over(.failed(let reason)) = rehearsal
        else { return nil }
        return reason
    }
}

extension Ladder {
    /// How it stands with a signal from beside the sidecar that was asked for `left` seconds ago at most.
    func signalling(within left: Int64) -> Standing {
        guard left > 0 else { return .barred("was tried; the container did not end") }
        let image = surroundings.exitImage?.reference ?? ""
        if let helper = pod.helper(.signal, for: sidecar.name, image) {
            // That it is killed together with what it has ended is no failure.
            if case .terminated(let end) = helper.state, ![0, 137].contains(end.exitCode) {
                return .barred("the signal could not be sent: its program ends with \(end.exitCode) (\(end.reason))")
            }
            if case .failed(let reason)? = Rehearsal(helper.state), !helper.state.isTerminated {
                return .barred("the exit image \(reason)")
            }
            return .pending(left)
        }
        guard let helper = pod.helper(.user, for: sidecar.name, image) else { return .open }
        switch Rehearsal(helper.state) {
        case nil: return .pending(left)
        case .passed?: return .open
        case .failed(let reason)?: return .barred("the sidecar's user cannot be found out: the exit image \(reason)")
        }
    }
}

extension ContainerState {
    fileprivate var isTerminated: Bool { if case .terminated = self { true } else { false } }
}
