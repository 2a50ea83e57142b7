/// Whose volume this is: the first record of the journal.
package struct VolumeIdentity: Sendable, Equatable, Codable {
    /// Names this life of the volume in every report.
    package var epoch: String
    /// The pod's uid, or one made up where nobody says.
    package var pod: String
    /// The kernel's boot id.
    package var boot: String
    /// The pod's name, to know one's own volume again where no uid is given.
    package var name: String?

    package init(epoch: String, pod: String, boot: String, name: String?) {
        self.epoch = epoch
        self.pod = pod
        self.boot = boot
        self.name = name
    }
}

/// Who finds the volume.
package struct VolumeClaim: Sendable, Equatable {
    /// `nil` where nobody says.
    package var pod: String?
    package var name: String?
    package var boot: String

    package init(pod: String?, name: String?, boot: String) {
        self.pod = pod
        self.name = name
        self.boot = boot
    }
}

/// What a starting agent makes of the volume it finds.
package enum VolumeCondition: Sendable, Equatable {
    /// Nobody's yet: what markers there are were made by this pod's main, and count.
    case fresh
    /// An agent of this pod was here and was killed.
    case resumed(VolumeIdentity)
    /// The same, but the node was started anew since: main's markers are of a process that is gone.
    case rebooted(VolumeIdentity)
    /// Left behind by another pod, or without a readable journal: nothing in it is ours.
    case stale

    package static func judge(
        journal: VolumeIdentity?, hasLeftovers: Bool, claim: VolumeClaim
    ) -> VolumeCondition {
        guard let journal else { return hasLeftovers ? .stale : .fresh }
        let isOurs = claim.pod.map { $0 == journal.pod } ?? (claim.name == journal.name)
        guard isOurs else { return .stale }
        return journal.boot == claim.boot ? .resumed(journal) : .rebooted(journal)
    }
}
