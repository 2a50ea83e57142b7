import HTTPTransport
import KubeModel
import Synchronization

@testable import KubeClient
@testable import KubeRuntime

/// What a script does to the server.
extension UnreliableServer {
    /// Creates, changes or deletes object `number`, and tells the watches.
    func change(_ number: Int, deletes: Bool) {
        let (line, watches) = world.withLock { world in
            world.version += 1
            let line: String
            if var object = world.objects[number] {
                object.version = world.version
                line = object.event(deletes ? "DELETED" : "MODIFIED")
                world.objects[number] = deletes ? nil : object
            } else {
                let object = WorldObject(name: "o\(number)", uid: "\(number)-\(world.version)", version: world.version)
                line = object.event("ADDED")
                world.objects[number] = object
            }
            world.history.append((world.version, line))
            return (line, world.watches.map(\.stream))
        }
        for watch in watches { watch.write(line) }
    }

    /// Ends watches whose time is over, and sends bookmarks.
    func tick(at now: Duration) {
        let (ended, told, version) = world.withLock { world in
            world.watches.removeAll { !$0.stream.isOpen }
            let ended = world.watches.filter { $0.ends <= now }.map(\.stream)
            world.watches.removeAll { $0.ends <= now }
            var told: [ScriptedStream] = []
            for index in world.watches.indices where world.watches[index].nextBookmark <= now {
                world.watches[index].nextBookmark += .seconds(60)
                told.append(world.watches[index].stream)
            }
            return (ended, told, world.version)
        }
        for stream in told { stream.write(Self.bookmark("\(version)")) }
        for stream in ended { stream.end() }
    }

    var watches: [ScriptedStream] { world.withLock { $0.watches.map(\.stream).filter(\.isOpen) } }

    func compact() {
        world.withLock { world in
            world.compacted = world.version
            world.history = []
            world.snapshots = [:]
        }
    }

    /// Somebody waits for changes who has read all there are.
    var isFollowed: Bool { watches.contains(where: \.isIdle) }

    /// Every way in which a server, or what lies between, has been seen to fail.
    enum Fault: CaseIterable {
        case down, killed, resetMidLine, endMidLine, garbage, stall, bookmarkWithoutVersion, outOfOrder
        case expiredStatus, expiredEvent, errorEvent, unavailable, tooManyRequests, forbidden, versionTooLarge
        case oldServer, brokenPage, expiredPage, brokenInitialEvents
    }

    func suffer(_ fault: Fault) {
        let watches = watches
        switch fault {
        case .down, .killed:
            world.withLock { $0.isDown = true }
            for watch in watches { watch.fail(.connectionLost("reset")) }
        case .resetMidLine:
            for watch in watches {
                watch.write(#"{"type":"MODIFIED","object":{"meta"#)
                watch.fail(.connectionLost("reset"))
            }
        case .endMidLine:
            for watch in watches {
                watch.write(#"{"type":"ADDED","obj"#)
                watch.end()
            }
        case .garbage: for watch in watches { watch.write("<html>\u{0}502 Bad Gateway\n") }
        case .stall: for watch in watches { watch.die() }
        case .bookmarkWithoutVersion: for watch in watches { watch.write(Self.bookmark("")) }
        case .outOfOrder:
            let stale = WorldObject(name: "stale", uid: "stale", version: 1)
            for watch in watches { watch.write(stale.event("MODIFIED")) }
        case .expiredStatus, .expiredEvent:
            world.withLock { $0.expiresInStream = fault == .expiredEvent }
            // The watch misses what is compacted away.
            for watch in watches { watch.fail(.connectionLost("reset")) }
            change(0, deletes: true)
            compact()
        case .errorEvent:
            for watch in watches {
                watch.write(Self.failure(APIStatus(code: 500, reason: "InternalError", message: "etcd is unwell")))
            }
        case .unavailable: refuse([.status(APIStatus(code: 503)), .status(APIStatus(code: 500))])
        case .tooManyRequests:
            refuse([.status(APIStatus(code: 429, reason: "TooManyRequests", retryAfterSeconds: 7))])
        case .forbidden: refuse([.status(APIStatus(code: 403, reason: "Forbidden"))])
        case .versionTooLarge:
            let cause = APIStatus.Cause(reason: "ResourceVersionTooLarge")
            refuse(Array(repeating: .status(APIStatus(code: 504, reason: "Timeout", causes: [cause])), count: 4))
        case .oldServer:
            world.withLock { $0.streamsInitialEvents = false }
            for watch in watches { watch.write(Self.bookmark("")) }
        case .brokenPage, .expiredPage:
            world.withLock {
                $0.streamsInitialEvents = false
                $0.breaksPage = true
            }
            for watch in watches { watch.write(Self.bookmark("")) }
        case .brokenInitialEvents:
            world.withLock { $0.breaksInitialEvents = true }
            for watch in watches { watch.write(Self.bookmark("")) }
        }
    }

    private func refuse(_ refusals: [Refusal]) {
        let watches = watches
        world.withLock { $0.refusals += refusals }
        for watch in watches { watch.end() }
    }

    func recover() {
        world.withLock { world in
            world.isDown = false
            world.streamsInitialEvents = true
            world.refusals = []
            world.breaksPage = false
            world.breaksInitialEvents = false
        }
    }
}
