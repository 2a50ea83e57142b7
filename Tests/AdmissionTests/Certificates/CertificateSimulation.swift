@testable import Admission

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
