/// Who is connected, and who goes when there is no place left. Without a clock: the order is the age.
///
/// A caller that opens connections and says nothing, or never takes its answer, loses them to those who come later, its
/// own first where it has as many as one may have. What is being answered is never given up.
struct ConnectionBook {
    typealias ID = Int

    /// What a connection is doing. The least goes first, and of those the one that has been at it longest.
    enum Phase: Int, Comparable {
        /// Has not sent a whole request yet.
        case fresh
        /// Has been answered, and has not sent another whole request.
        case idle
        /// Its answer is on its way, and it may not be taking it.
        case taking
        /// Its request is being answered.
        case working

        static func < (one: Phase, other: Phase) -> Bool { one.rawValue < other.rawValue }
    }

    enum Admission: Equatable {
        case admitted(ID, evicting: ID?)
        case refused
    }

    private struct Entry {
        var id: ID
        var address: RemoteAddress
        var phase = Phase.fresh
    }

    private let limit: Int
    private let limitOfOne: Int
    private var last = 0
    /// Longest in its phase first.
    private var entries: [Entry] = []

    init(limit: Int, limitOfOne: Int) {
        self.limit = limit
        self.limitOfOne = limitOfOne
    }

    mutating func admit(_ address: RemoteAddress) -> Admission {
        let own = entries.filter { $0.address == address }
        let candidates = own.count >= limitOfOne ? own : entries.count >= limit ? entries : []
        // Of equals, `min` finds the first.
        let evicted = candidates.min { $0.phase < $1.phase }
        if let evicted {
            guard evicted.phase != .working else { return .refused }
            remove(evicted.id)
        }
        last += 1
        entries.append(Entry(id: last, address: address))
        return .admitted(last, evicting: evicted?.id)
    }

    mutating func note(_ phase: Phase, of id: ID) {
        guard let index = entries.firstIndex(where: { $0.id == id }), entries[index].phase != phase else { return }
        var entry = entries.remove(at: index)
        entry.phase = phase
        entries.append(entry)
    }

    mutating func remove(_ id: ID) {
        entries.removeAll { $0.id == id }
    }
}

/// An address without its port; one of IPv4 is the same whether the server listens to IPv4 alone or to both.
///
/// One of IPv6 is counted whole and not by its network, because all pods of a node, and the kubelet, often share one.
struct RemoteAddress: Hashable {
    private let text: String

    /// - Parameter address: as the system writes it; empty where the caller has gone already.
    init(_ address: String) {
        text = address.hasPrefix("::ffff:") ? String(address.dropFirst(7)) : address
    }

    /// `::1` or 127.0.0.1, as port-forward and the pod's own programs call. Not all of 127.0.0.0/8: a mesh's proxy hands on what
    /// comes from other pods from an address of its own there (Istio from 127.0.0.6).
    var isLoopback: Bool { text == "::1" || text == "127.0.0.1" }
}
