/// What containers of a pod are to each other: who answers on which port, who mounts which volume, who runs which program.
/// Each is looked up once for all that ask, however many there are, and only if one asks, which few do.
final class Neighbours {
    private let containers: [ManifestContainer]

    init(_ containers: [ManifestContainer]) { self.containers = containers }

    private struct Answer {
        /// Among all answers of all containers.
        let place: Int
        let container: Int
    }

    /// By port, a number or a name: the first two containers, one of which is another than the one that asks.
    private lazy var answers: [String: [Answer]] = {
        var (answers, place) = ([:] as [String: [Answer]], 0)
        for (index, container) in containers.enumerated() {
            for port in container.answers {
                place += 1
                let known = answers[port] ?? []
                guard known.count < 2, known.first?.container != index else { continue }
                answers[port, default: []].append(Answer(place: place, container: index))
            }
        }
        return answers
    }()

    private lazy var mounting = containers.reduce(into: [:] as [String: Int]) { counts, container in
        for volume in Set(container.mounts.map(\.volume)) { counts[volume, default: 0] += 1 }
    }

    private lazy var written = Set(containers.flatMap { $0.mounts.filter { !$0.isReadOnly }.map(\.volume) })

    private lazy var listening = containers.reduce(into: Set<String>()) { $0.formUnion($1.listens) }

    private lazy var programs = containers.reduce(into: Set<String>()) { $0.formUnion($1.programs) }

    /// The first of their ports that is asked, and whose it is.
    ///
    /// - Parameter name: of the container that asks, if it is one of them.
    func first(
        answering asked: Set<String>, besides name: String? = nil
    ) -> (port: String, container: ManifestContainer)? {
        let found = asked.lazy.compactMap { port in
            self.answers[port]?.first { self.containers[$0.container].name != name }.map { (port, $0) }
        }.min { $0.1.place < $1.1.place }
        return found.map { ($0.0, containers[$0.1.container]) }
    }

    func answer(on port: String) -> Bool { answers[port] != nil }

    /// Whether one of them listens there by its own word, not by a probe's.
    func listen(on port: String) -> Bool { listening.contains(port) }

    /// Whether no more than one of them mounts a volume.
    func isOnes(volume: String) -> Bool { mounting[volume, default: 0] < 2 }

    func write(to volume: String) -> Bool { written.contains(volume) }

    func run(_ program: String) -> Bool { programs.contains(program) }
}
