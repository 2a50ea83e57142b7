internal import Basics
internal import KubeClient
internal import KubeModel
internal import Synchronization

/// Performs what an `ElectionMachine` decides.
struct LeaseKeeper: Sendable {
    let identity: String
    let timing: ElectionTiming
    let requests: LeaseRequests
    let api: any KubeAPI
    let time: Timepiece
    let wall: WallClock
    let reporter: ElectionReporter
    let leadership: Leadership
    private let inbox = ElectionInbox()

    init(
        identity: String, timing: ElectionTiming, requests: LeaseRequests, api: any KubeAPI, time: Timepiece,
        wall: WallClock, reporter: ElectionReporter, leadership: Leadership
    ) {
        self.identity = identity
        self.timing = timing
        self.requests = requests
        self.api = api
        self.time = time
        self.wall = wall
        self.reporter = reporter
        self.leadership = leadership
    }

    /// Gives the lease back, if it is ours, and ends `run`.
    func stop() { inbox.put(.stop) }

    /// - Returns: who held the lease when it was last seen.
    func run() async -> String {
        var machine = ElectionMachine(identity: identity, timing: timing)
        reporter.seeks()
        return await withDiscardingTaskGroup { group in
            while true {
                for input in inbox.take() {
                    let holder = machine.holder
                    let effects = machine.handle(input, at: time.now(), random: Double.random(in: 0..<1))
                    if let now = machine.holder, now != holder { reporter.sees(holder: now) }
                    if let until = machine.leadsUntil { leadership.hold(until: until) }
                    for effect in effects {
                        switch effect {
                        case .read:
                            if machine.leadsUntil != nil { reporter.takesTheSlowPath() }
                            group.addTask { inbox.put(await read()) }
                        case .claim(let claim): group.addTask { inbox.put(await self.claim(claim)) }
                        case .lead: reporter.leads()
                        case .lose:
                            reporter.loses()
                            leadership.lose()
                        case .end:
                            reporter.ends()
                            group.cancelAll()
                            return machine.holder ?? ""
                        }
                    }
                }
                await inbox.wait(until: machine.nextWake, time)
            }
        }
    }

    private func read() async -> ElectionInput {
        do throws(KubeError) {
            return .read(try await lease(from: requests.read))
        } catch {
            if error.status?.code == 404 { return .read(nil) }
            return failed(error)
        }
    }

    private func claim(_ claim: LeaseClaim) async -> ElectionInput {
        do throws(KubeError) {
            return .granted(try await lease(from: requests.claim(claim, at: wall)))
        } catch {
            // 409: changed or created by somebody else. 404 on a change: deleted; on a creation the namespace is missing.
            switch error.status?.code {
            case 409: return .conflict
            case 404 where claim.purpose != .create: return .conflict
            default: return failed(error)
            }
        }
    }

    private func lease(from request: APIRequest) async throws(KubeError) -> LeaseRecord {
        let response = try await time.limit(request.attempted, to: timing.request) { () async throws(KubeError) in
            try await api.send(request)
        }
        reporter.reaches()
        do { return try LeaseRecord(json: response.body) } catch {
            throw KubeError(attempted: request.attempted, reason: .malformed(error.description))
        }
    }

    private func failed(_ error: KubeError) -> ElectionInput {
        reporter.fails(error)
        return .failed
    }
}

/// Inputs that have come in and were not looked at yet. Bounded by itself: one answer, one stop.
final class ElectionInbox: Sendable {
    private let inputs = Mutex<[ElectionInput]>([])
    private let signal = Signal()

    func put(_ input: ElectionInput) {
        inputs.withLock { $0.append(input) }
        signal.send()
    }

    /// What has come, or `wake` where nothing has.
    func take() -> [ElectionInput] {
        inputs.withLock { inputs in
            defer { inputs = [] }
            return inputs.isEmpty ? [.wake] : inputs
        }
    }

    /// Returns when something has come, or at `deadline`.
    func wait(until deadline: Duration?, _ time: Timepiece) async { await signal.wait(until: deadline, time) }
}
