import HTTPTransport
import KubeModel
import Synchronization
import TestSupport

@testable import KubeClient
@testable import KubeRuntime

/// A pure API server of one kind of objects, which fails as a script says. Its time is virtual.
final class UnreliableServer: KubeAPI {
    /// How the next request, or every one, is answered.
    enum Refusal: Sendable {
        case connection
        case status(APIStatus)
    }

    struct World {
        var version = 1
        var objects: [Int: WorldObject] = [:]
        /// What can be watched from `compacted` on.
        var history: [(version: Int, line: String)] = []
        var compacted = 0
        var snapshots: [String: [WorldObject]] = [:]
        var isDown = false
        var streamsInitialEvents = true
        var refusals: [Refusal] = []
        /// The last page sent breaks off, once.
        var breaksPage = false
        /// Initial events break off, once.
        var breaksInitialEvents = false
        var expiresInStream = false
        var requests: [Duration] = []
        var relists = 0
        var watches: [(stream: ScriptedStream, ends: Duration, nextBookmark: Duration)] = []
    }

    let world = Mutex(World())
    private let clock: VirtualClock

    init(_ clock: VirtualClock) { self.clock = clock }

    func send(_ request: APIRequest) async throws(KubeError) -> APIResponse {
        throw KubeError(attempted: request.path, reason: .malformed("this server only streams"))
    }

    func open(_ request: APIRequest) async throws(KubeError) -> APIStream {
        let query = Dictionary(request.query.map { ($0.name, $0.value) }) { $1 }
        let now = clock.now.elapsed
        let answer = world.withLock { world -> Result<ScriptedStream, KubeError> in
            let isLaterPage = query["continue"] != nil
            if !isLaterPage { world.requests.append(now) }
            do throws(KubeError) {
                if world.isDown { throw Self.error(.connection) }
                if !world.refusals.isEmpty { throw Self.error(world.refusals.removeFirst()) }
                if query["watch"] == nil { return .success(try Self.page(query, &world)) }
                return .success(try Self.watch(query, &world, now))
            } catch {
                return .failure(error)
            }
        }
        return try answer.get().stream()
    }

    // MARK: Answers

    private static func page(_ query: [String: String], _ world: inout World) throws(KubeError) -> ScriptedStream {
        let stream = ScriptedStream()
        var version = "\(world.version)"
        var first = 0
        if let token = query["continue"] {
            let parts = token.split(separator: "-").map(String.init)
            (version, first) = (parts[0], Int(parts[1]) ?? 0)
        } else {
            world.relists += 1
            world.snapshots[version] = world.objects.values.sorted { $0.name < $1.name }
        }
        guard let objects = world.snapshots[version] else {
            throw error(.status(APIStatus(code: 410, reason: "Expired", message: "the continue parameter is too old")))
        }
        let limit = Int(query["limit"] ?? "") ?? objects.count
        let items = objects[first..<min(first + limit, objects.count)]
        let rest = first + limit < objects.count ? #","continue":"\#(version)-\#(first + limit)""# : ""
        let text =
            #"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"\#(version)"\#(rest)},"items":["#
            + items.map(\.json).joined(separator: ",") + "]}\n"
        if world.breaksPage, first > 0 {
            world.breaksPage = false
            stream.write(String(text.prefix(text.count / 2)))
            stream.fail(.connectionLost("reset"))
        } else {
            stream.write(text)
            stream.end()
        }
        return stream
    }

    private static func watch(
        _ query: [String: String], _ world: inout World, _ now: Duration
    ) throws(KubeError) -> ScriptedStream {
        let stream = ScriptedStream()
        if query["sendInitialEvents"] == "true" {
            guard world.streamsInitialEvents else {
                throw error(.status(APIStatus(code: 422, reason: "Invalid", message: "sendInitialEvents is forbidden")))
            }
            world.relists += 1
            var text = world.objects.values.map { $0.event("ADDED") }
            if world.breaksInitialEvents {
                world.breaksInitialEvents = false
                stream.write(text.prefix(text.count / 2).joined())
                stream.end()
                return stream
            }
            text.append(bookmark("\(world.version)", endsInitialEvents: true))
            stream.write(text.joined())
        } else {
            guard let version = query["resourceVersion"].flatMap({ Int($0) }) else {
                throw error(.status(APIStatus(code: 400, reason: "BadRequest", message: "no version")))
            }
            let expired = APIStatus(code: 410, reason: "Expired", message: "too old resource version")
            if version < world.compacted {
                guard world.expiresInStream else { throw error(.status(expired)) }
                stream.write(failure(expired))
                stream.end()
                return stream
            }
            stream.write(world.history.drop { $0.version <= version }.map(\.line).joined())
        }
        let seconds = query["timeoutSeconds"].flatMap { Int($0) } ?? 300
        world.watches.removeAll { !$0.stream.isOpen }
        world.watches.append((stream, now + .seconds(seconds), now + .seconds(60)))
        return stream
    }

    static func error(_ refusal: Refusal) -> KubeError {
        switch refusal {
        case .connection:
            KubeError(
                attempted: "GET /", reason: .transport(TransportError(attempted: "GET /", reason: .connect)))
        case .status(let status): KubeError(attempted: "GET /", reason: .status(status))
        }
    }

    static func failure(_ status: APIStatus) -> String {
        #"{"type":"ERROR","object":{"kind":"Status","message":"\#(status.message)","reason":"\#(status.reason)","#
            + #""code":\#(status.code)}}"# + "\n"
    }

    static func bookmark(_ version: String, endsInitialEvents: Bool = false) -> String {
        let annotations = endsInitialEvents ? #","annotations":{"k8s.io/initial-events-end":"true"}"# : ""
        return #"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"\#(version)"\#(annotations)}}}"# + "\n"
    }
}
