import PodRules

/// Where native sidecars go among the init containers, and in which order they start (and, the other way round, end).
///
/// The init containers that are there ran without the sidecars until now, so these go behind them. One goes before the
/// first init container that asks it, unless a later one prepares what it mounts; and before a sidecar that asks it. What
/// carries all traffic goes before the others.
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

    /// Whether they keep their order and stand side by side.
    var isAsListed: Bool { groups.count == 1 && groups[0].members == groups[0].members.sorted() }

    /// A pod of more containers than this is nobody's; to look at each pair of them could take minutes.
    static let most = 64

    /// All of them behind the containers that are there.
    init(behind position: Int, count: Int) {
        groups = [Group(position: position, members: Array(0..<count))]
    }

    init(_ sidecars: [ManifestContainer], among others: [ManifestContainer]) {
        self.init(behind: others.count, count: sidecars.count)
        guard !others.isEmpty || sidecars.count > 1, others.count + sidecars.count <= Self.most else { return }
        let links = sidecars.map(LocalLinks.init)
        var positions = links.indices.map { place($0, links[$0], among: others) }
        func asks(_ one: Int, _ other: Int) -> Bool {
            one != other
                && (links[other].carriesTraffic && !links[one].carriesTraffic
                    || links[other].isAsked(by: sidecars[one]))
        }
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
        guard
            let first = others.firstIndex(where: { links.carriesTraffic && $0.isNativeSidecar || links.isAsked(by: $0) }
            )
        else { return others.count }
        guard let last = others.indices.last(where: { $0 >= first && links.isPrepared(by: others[$0]) }) else {
            askers[index] = others[first]
            return first
        }
        conflicts[index] = (others[first], others[last])
        return others.count
    }
}

/// What ties other containers of a pod to a sidecar: the ports on localhost that they ask, the volumes that they fill.
struct LocalLinks {
    /// Programs whose name does not tell what they run.
    private static let interpreters: Set<String> = [
        "ash", "bash", "busybox", "dash", "env", "java", "node", "perl", "python", "python3", "ruby", "sh",
    ]

    private let sidecar: ManifestContainer
    let carriesTraffic: Bool
    private let ports: Set<String>
    private let volumes: Set<String>
    /// Names by which its program is called: another container that calls it has one of its own.
    private let programs: Set<String>

    init(_ sidecar: ManifestContainer) {
        self.sidecar = sidecar
        carriesTraffic = sidecar.known?.carriesTraffic == true
        let words = sidecar.words
        let declared = (sidecar.node["ports"]?.elements ?? []).compactMap { $0["containerPort"]?.text }
        ports = Set(declared + sidecar.flaggedPorts)
        volumes = Set(Self.mounts(of: sidecar).compactMap { $0["name"]?.text })
        programs = Set((sidecar.known?.programs ?? []) + words.prefix(1).map(Self.program))
            .subtracting(Self.interpreters)
    }

    /// Whether a container's command or variables speak of the sidecar's port on localhost.
    func isAsked(by other: ManifestContainer) -> Bool {
        let texts = other.words + (other.node["env"]?.elements ?? []).compactMap { $0["value"]?.text }
        guard !runsItsOwn(other) else { return false }
        let asked = LocalWords(texts)
        return !ports.isDisjoint(with: asked.ports) || sidecar.known?.servesLocalhostOnly == true && asked.nameThisPod
    }

    /// Whether a container writes to a volume that the sidecar mounts.
    func isPrepared(by other: ManifestContainer) -> Bool {
        Self.mounts(of: other).contains { mount in
            mount["readOnly"]?.isTrue != true && mount["name"]?.text.map(volumes.contains) ?? false
        }
    }

    /// Two programs on one port of the pod's would be one too many.
    private func runsItsOwn(_ other: ManifestContainer) -> Bool {
        other.words.isEmpty && other.image == sidecar.image
            || !programs.isDisjoint(with: LocalWords(other.words).tokens.map(Self.program))
    }

    private static func mounts(of container: ManifestContainer) -> [SourceNode] {
        container.node["volumeMounts"]?.elements ?? []
    }

    /// `/cloud_sql_proxy` is `cloud-sql-proxy`.
    private static func program(_ path: String) -> String {
        (path.split(separator: "/").last.map(String.init) ?? path).replacing("_", with: "-")
    }
}
