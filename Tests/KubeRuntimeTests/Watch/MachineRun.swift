import KubeModel

@testable import KubeClient
@testable import KubeRuntime

/// A watch's machine, and the moment it has come to.
struct MachineRun {
    var machine = WatchMachine(seed: 7)
    var now = Duration.zero
    var requests: [(at: Duration, request: WatchRequest)] = []

    @discardableResult
    mutating func handle(_ input: WatchMachine.Input, after pause: Duration = .zero) -> [WatchMachine.Effect] {
        now += pause
        let effects = machine.handle(input, at: now)
        for case .request(let request) in effects { requests.append((now, request)) }
        return effects
    }

    /// Lets the delays pass that the machine asks for.
    @discardableResult
    mutating func handleAndWait(_ input: WatchMachine.Input, after pause: Duration = .zero) -> [WatchMachine.Effect] {
        var effects = handle(input, after: pause)
        while case .wait(let delay)? = effects.last { effects += handle(.timer, after: delay) }
        return effects
    }

    var last: WatchRequest? { requests.last?.request }
    var gaps: [Duration] { zip(requests.dropFirst(), requests).map { $0.at - $1.at } }

    var isStreaming: Bool {
        if case .initialEvents? = last { true } else { false }
    }

    func isWatching(from version: String) -> Bool {
        if case .changes(after: version, _)? = last { true } else { false }
    }

    /// In step by a streamed initial state.
    static func watching(at version: String = "100") -> MachineRun {
        var run = MachineRun()
        run.handle(.start)
        run.handle(.opened)
        run.handle(.change(.added, version: "7"))
        run.handle(.bookmark(version: version, endsInitialEvents: true))
        return run
    }

    static func page(_ version: String, _ token: String = "") -> WatchMachine.Input {
        var page = ListMetadata()
        page.resourceVersion = version
        page.continueToken = token
        return .pageEnd(page)
    }
}

extension WatchFailure {
    static let expired = WatchFailure.status(APIStatus(code: 410, reason: "Expired"))
    static let refused = WatchFailure.status(APIStatus(code: 422, reason: "Invalid"))
    static let unavailable = WatchFailure.status(APIStatus(code: 503, reason: "ServiceUnavailable"))
    static let versionTooLarge = WatchFailure.status(
        APIStatus(code: 504, reason: "Timeout", causes: [APIStatus.Cause(reason: "ResourceVersionTooLarge")]))
}
