/// Where native sidecars go among the init containers, and in which order they start (and, the other way round, end).
///
/// The init containers that are there ran without the sidecars until now, so these go behind them. One goes before the
/// first init container that asks it, unless a later one prepares what it mounts; and before a sidecar that asks it.
struct StartOrder {
    /// Sidecars that go to one place: before the container at `position`, or behind all.
    struct Group: Equatable {
        var position: Int
        /// Among the sidecars, in the order in which they start.
        var members: [Int]
    }

    private(set) var groups: [Group]
    /// By sidecar: the init container that it goes before, because that one asks it.
    private(set) var askers: [Int: ManifestContainer] = [:]
    /// By sidecar: an init container that asks it in vain, and the one that has to end before it can start.
    private(set) var conflicts: [Int: (asker: ManifestContainer, preparer: ManifestContainer)] = [:]

    /// A pod of more containers than this is nobody's; to look at each pair of them could take minutes.
    private static let most = 64

    /// All of them behind the containers that are there.
    init(behind position: Int, count: Int) {
        groups = [Group(position: position, members: Array(0..<count))]
    }

    init(_ sidecars: [ManifestContainer], among others: [ManifestContainer]) {
        self.init(behind: others.count, count: sidecars.count)
        guard !others.isEmpty || sidecars.count > 1, others.count + sidecars.count <= Self.most else { return }
        let links = sidecars.map(LocalLinks.init)
        var positions = links.indices.map { place($0, links[$0], among: others) }
        func asks(_ one: Int, _ other: Int) -> Bool { one != other && links[other].isAsked(by: sidecars[one]) }
        // As often as there can be links in a row; a circle ends here too.
        for _ in sidecars {
            for one in sidecars.indices {
                for other in sidecars.indices where positions[other] > positions[one] && asks(one, other) {
                    positions[other] = positions[one]
                }
            }
        }
        groups = Set(positions).sorted().map { position in
            var rest = positions.indices.filter { positions[$0] == position }
            var members: [Int] = []
            while !rest.isEmpty {
                let next = rest.firstIndex { one in !rest.contains { asks(one, $0) } } ?? 0
                members.append(rest.remove(at: next))
            }
            return Group(position: position, members: members)
        }
    }

    private mutating func place(_ index: Int, _ links: LocalLinks, among others: [ManifestContainer]) -> Int {
        guard let first = others.firstIndex(where: links.isAsked) else { return others.count }
        guard let last = others.indices.last(where: { $0 >= first && links.isPrepared(by: others[$0]) }) else {
            askers[index] = others[first]
            return first
        }
        conflicts[index] = (others[first], others[last])
        return others.count
    }
}
