import Testing

@testable import Admission

@Suite struct CertificatePlanTests {
    static let day: Int64 = 86_400
    static let plan = CertificatePlan(names: ["a"])

    static func state(
        _ ages: [Int64] = [0], leaf age: Int64 = 0, by issuer: Int = 0, names: Set<String> = ["a"],
        canSign: Bool = true,
        at now: Int64
    ) -> CertificateState {
        let rules = plan.rules
        return CertificateState(
            authorities: ages.enumerated().map { index, age in
                .init(id: "\(index)", start: now - age, end: now - age + rules.authorityLife)
            }, canSign: canSign,
            leaf: .init(start: now - age, end: now - age + rules.leafLife, names: names, issuer: "\(issuer)"))
    }

    static let now: Int64 = 1_800_000_000

    @Test(
        arguments: [
            ("nothing is there", nil, CertificatePlan.Step.startAnew),
            ("the Secret is empty", CertificateState(), .startAnew),
            ("the authority's key is gone", state(canSign: false, at: now), .startAnew),
            ("the authority has ended", state([365 * day], at: now), .startAnew),
            ("all is young", state(at: now), .wait(until: now + 60 * day)),
            ("the certificate is made out to others", state(names: ["b"], at: now), .issueLeaf),
            ("the certificate has ended", state([95 * day], leaf: 90 * day, at: now), .issueLeaf),
            ("nobody known signed it", state(by: 7, at: now), .issueLeaf),
            ("no certificate", CertificateState(authorities: state(at: now).authorities, canSign: true), .issueLeaf),
            ("the certificate is two thirds old", state([70 * day], leaf: 60 * day, at: now), .issueLeaf),
            ("not quite", state([70 * day], leaf: 60 * day - 5, at: now), .wait(until: now + 5)),
            ("the authority is two thirds old", state([244 * day], leaf: 30 * day, at: now), .addAuthority),
            (
                "a new authority is not known everywhere yet", state([5, 244 * day], by: 1, at: now),
                .wait(until: now + 595)
            ),
            ("now it is", state([600, 244 * day], by: 1, at: now), .issueLeaf),
            (
                "somebody may still show the old certificate", state([700, 244 * day], leaf: 50, at: now),
                .wait(until: now + 550)
            ),
            ("nobody does any more", state([1300, 244 * day], leaf: 600, at: now), .dropAuthorities(["1"])),
            ("an old authority has ended", state([day, 366 * day], leaf: 3, at: now), .dropAuthorities(["1"])),
        ] as [(String, CertificateState?, CertificatePlan.Step)])
    func decides(situation: String, state: CertificateState?, step: CertificatePlan.Step) {
        #expect(Self.plan.step(state, at: Self.now) == step, "\(situation)")
    }

    /// A clock that lags must not throw away what another replica has made.
    @Test func aCertificateOfTheFutureIsKept() {
        let state = Self.state(at: Self.now + 7200)
        #expect(Self.plan.step(state, at: Self.now) == .wait(until: Self.now + 7200 + 60 * Self.day))
    }

    /// Replicas that look every half minute, and an API server that hears of changes a minute late, over ten years: the
    /// API server trusts every certificate that is shown, at every moment.
    @Test(arguments: 1...4) func nobodyIsEverDistrusted(replicas: Int) {
        var cluster = CertificateSimulation(Self.plan, replicas: replicas, now: Self.now)
        let end = Self.now + 3650 * Self.day
        while cluster.now < end {
            cluster.advance()
            #expect(cluster.distrusted.isEmpty, "at \(cluster.now): \(cluster.distrusted)")
            guard cluster.distrusted.isEmpty else { return }
        }
        #expect(cluster.made.leaves > 50 && cluster.made.leaves < 100)
        #expect(cluster.made.authorities > 12 && cluster.made.authorities < 20)
        #expect(cluster.mostAuthorities == 2)
    }
}

/// Replicas that share a Secret and a bundle, without a cluster and without cryptography.
struct CertificateSimulation {
    private struct Replica {
        var shown: CertificateState.Leaf?
        var nextLook: Int64
    }

    private let plan: CertificatePlan
    private var replicas: [Replica]
    private var secret: CertificateState?
    private var bundle: [String] = []
    /// What the API server knows, a minute late.
    private var known: [(at: Int64, bundle: [String])] = []
    private(set) var now: Int64
    private(set) var made = (authorities: 0, leaves: 0)
    private(set) var mostAuthorities = 0

    private static let interval: Int64 = 30
    private static let delay: Int64 = 60

    init(_ plan: CertificatePlan, replicas: Int, now: Int64) {
        self.plan = plan
        self.now = now
        self.replicas = (0..<replicas).map { Replica(shown: nil, nextLook: now + Int64($0) * 7) }
    }

    /// Who shows what the API server would not believe.
    var distrusted: [Int] {
        let believed = known.last { $0.at + Self.delay <= now }?.bundle
        // Until it has heard of anything, it believes nobody.
        guard let believed else { return [] }
        return replicas.indices.filter { index in
            guard let leaf = replicas[index].shown else { return false }
            return !believed.contains(leaf.issuer ?? "") || leaf.end <= now
        }
    }

    /// To the next look; quiet months are passed over.
    mutating func advance() {
        let next = replicas.map(\.nextLook).min() ?? now
        now = max(now, next)
        for index in replicas.indices where replicas[index].nextLook <= now { look(index) }
        guard case .wait(let until) = plan.step(secret, at: now), until > now + 3600 else { return }
        let isQuiet = replicas.allSatisfy { $0.shown == secret?.leaf } && (known.last?.at ?? now) + Self.delay < now
        guard isQuiet else { return }
        for index in replicas.indices { replicas[index].nextLook = until - 100 + Int64(index) * 7 }
    }

    private mutating func look(_ index: Int) {
        replicas[index].nextLook = now + Self.interval
        for _ in 0..<8 {
            let step = plan.step(secret, at: now)
            guard case .wait = step else {
                perform(step)
                continue
            }
            let wanted = secret?.authorities.map(\.id) ?? []
            mostAuthorities = max(mostAuthorities, wanted.count)
            if bundle != wanted {
                bundle = wanted
                known.append((now, wanted))
                if known.count > 8 { known.removeFirst() }
            }
            replicas[index].shown = secret?.leaf
            return
        }
    }

    private mutating func perform(_ step: CertificatePlan.Step) {
        var state = secret ?? CertificateState()
        switch step {
        case .wait: break
        case .startAnew:
            addAuthority(&state)
            issue(&state)
        case .addAuthority: addAuthority(&state)
        case .issueLeaf: issue(&state)
        case .dropAuthorities(let ids): state.authorities.removeAll { ids.contains($0.id) }
        }
        secret = state
    }

    private mutating func addAuthority(_ state: inout CertificateState) {
        made.authorities += 1
        state.authorities.insert(
            .init(id: "authority \(made.authorities)", start: now, end: now + plan.rules.authorityLife), at: 0)
        state.canSign = true
    }

    private mutating func issue(_ state: inout CertificateState) {
        made.leaves += 1
        state.leaf = .init(
            start: now, end: now + plan.rules.leafLife, names: plan.names, issuer: state.authorities.first?.id)
    }
}
