import Basics
import KubeModel
import KubeTestSupport
import Logging
import Synchronization
import TestSupport

@testable import KubeClient
@testable import KubeRuntime

/// An informer and its server in virtual time, and what the informer's handler was told.
final class Day: Sendable {
    struct Told {
        var objects: [ObjectUID: WorldRecord] = [:]
        var mistakes: [String] = []
        var synced = 0
        var changes = 0
    }

    struct WorldRecord: Sendable, Equatable {
        var name: String
        var version: Int
    }

    let clock = VirtualClock()
    let server: UnreliableServer
    let executor = ManualExecutor()
    let told = Mutex(Told())

    init() { server = UnreliableServer(clock) }

    func informer(seed: UInt64) -> Informer<WorldRecord> {
        let options = InformerOptions(
            logger: .init(label: "day") { _ in SwiftLogNoOpLogHandler() }, time: Timepiece(clock), seed: seed)
        let decoder = RecordDecoder(PartialObject.self) { object in
            WorldRecord(name: object.metadata.name, version: Int(object.metadata.resourceVersion) ?? -1)
        }
        return Informer(server, WatchScope(.pods), decoder, options: options) { [self] changes in
            told.withLock { told in
                for change in changes { told.take(change) }
            }
        }
    }

    /// Lets time pass until `end`, with whatever the informer and the server do in it.
    func run(until end: Duration, _ each: () -> Void = {}) {
        executor.drain()
        while clock.now.elapsed < end {
            let next = min(clock.nextDeadline?.elapsed ?? end, clock.now.elapsed + .seconds(10), end)
            clock.advance(by: max(next - clock.now.elapsed, .zero))
            executor.drain()
            server.tick(at: clock.now.elapsed)
            each()
            executor.drain()
        }
    }
}

extension Day.Told {
    mutating func take(_ change: ObjectChange<Day.WorldRecord>) {
        changes += 1
        switch change {
        case .added(let uid, let record):
            if objects.updateValue(record, forKey: uid) != nil { mistakes.append("\(record) was new twice") }
        case .updated(let uid, let old, let record):
            if objects.updateValue(record, forKey: uid) != old { mistakes.append("\(record) was not \(old) before") }
            if record.version <= old.version { mistakes.append("\(old) became the older \(record)") }
        case .removed(let uid, let record):
            if objects.removeValue(forKey: uid) != record { mistakes.append("\(record) went twice") }
        case .synced: synced += 1
        }
    }
}
